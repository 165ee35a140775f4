#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

// The words that stand for the values of an enum in records, in the API and in messages: one table
// for both directions. The table is found beside the enum, by argument-dependent lookup:
//
//   enum class NodeRole { Master, Worker };
//   constexpr auto words_of(NodeRole) {
//     return base::words<NodeRole>({{NodeRole::Master, "master"}, {NodeRole::Worker, "worker"}});
//   }
namespace mex::base {

template <typename Enum>
struct Word {
  Enum value;
  std::string_view text;
};

template <typename Enum, std::size_t kCount>
constexpr std::array<Word<Enum>, kCount> words(const Word<Enum> (&all)[kCount]) {
  return std::to_array(all);
}

template <typename Enum>
concept WordEnum = std::is_enum_v<Enum> && requires(Enum value) {
  words_of(value);
};

// Empty for a number that is no value of the enum.
template <WordEnum Enum>
constexpr std::string_view to_word(Enum value) {
  for (const Word<Enum>& word : words_of(value)) {
    if (word.value == value) return word.text;
  }
  return {};
}

template <WordEnum Enum>
constexpr std::optional<Enum> from_word(std::string_view text) {
  for (const Word<Enum>& word : words_of(Enum{})) {
    if (word.text == text) return word.value;
  }
  return std::nullopt;
}

// "master, worker": for messages.
template <WordEnum Enum>
std::string list_words() {
  std::string list;
  for (const Word<Enum>& word : words_of(Enum{})) {
    list += list.empty() ? "" : ", ";
    list += word.text;
  }
  return list;
}

}  // namespace mex::base
