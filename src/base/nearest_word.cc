#include "base/nearest_word.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include "base/json_text.h"

namespace mex::base {
namespace {

constexpr std::size_t kMaxLength = 64;  // of words that are compared
constexpr std::size_t kMaxListed = 24;

// What remains of a word when its writing is left out of account.
std::string letters_of(std::string_view word) {
  std::string letters;
  for (const char c : word) {
    if (c == '_' || c == '-') continue;
    letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return letters;
}

// How many letters are missing, too many, wrong, or exchanged with their neighbor (optimal string
// alignment).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, replaced});
      const bool is_exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (is_exchanged) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    before.swap(last);
    last.swap(now);
  }
  return last[b.size()];
}

}  // namespace

std::optional<std::string> nearest_word(std::string_view given,
                                        std::span<const std::string> words) {
  if (given.empty() || given.size() > kMaxLength) return std::nullopt;
  const std::string letters = letters_of(given);
  // One letter in three, and one in short words.
  std::size_t nearest = std::max<std::size_t>(1, letters.size() / 3) + 1;
  std::optional<std::string> found;
  for (const std::string& word : words) {
    if (word.size() > kMaxLength) continue;
    const std::string other = letters_of(word);
    const std::size_t far = distance(letters, other);
    // Nothing of the one is left in the other.
    if (far >= std::max(letters.size(), other.size()) || far >= nearest) continue;
    nearest = far;
    found = word;
  }
  return found;
}

std::string advice_of(std::string_view given, std::span<const std::string> words) {
  if (const auto nearest = nearest_word(given, words)) {
    return fmt::format("did you mean {}?", base::quoted(*nearest));
  }
  if (words.empty()) return "there are none";
  const auto shown = words.first(std::min(words.size(), kMaxListed));
  return fmt::format("known are {}{}", fmt::join(shown, ", "),
                     shown.size() < words.size() ? ", …" : "");
}

}  // namespace mex::base
