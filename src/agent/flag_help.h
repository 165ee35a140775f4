#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mex::agent {

// A flag as -help shows it.
struct FlagText {
  std::string name;
  std::string help;
  std::string default_value;  // empty: none is shown
};

// The flags in the groups in which a person looks for them, each once.
struct FlagGroup {
  std::string_view title;
  std::vector<std::string_view> flags;
};
std::span<const FlagGroup> flag_groups();

// What -help prints: the groups with their flags, in lines of at most 100 characters. A flag that
// is in no group stands in one beside them.
std::string help_text(std::span<const FlagText> flags);

}  // namespace mex::agent
