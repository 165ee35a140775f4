#include "agent/flag_help.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "agent/command_line.h"

namespace mex::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(FlagHelpTest, EveryFlagIsInOneGroupAndEveryGroupHasFlagsThatThereAre) {
  std::vector<std::string> known;
  for (const FlagText& flag : all_flags()) known.push_back(flag.name);
  std::vector<std::string> grouped;
  for (const FlagGroup& group : flag_groups()) {
    grouped.insert(grouped.end(), group.flags.begin(), group.flags.end());
  }
  std::sort(known.begin(), known.end());
  std::sort(grouped.begin(), grouped.end());
  EXPECT_EQ(known, grouped);
}

// It had the paths of the machine on which the program was built.
TEST(FlagHelpTest, ShowsWhatAFlagIsAndNothingOfTheBuild) {
  const std::string text = help_text(all_flags());
  EXPECT_THAT(text, HasSubstr("\nWhere it listens\n  -proxy\n"));
  EXPECT_THAT(text, HasSubstr("(default :18889)"));
  EXPECT_THAT(text, Not(HasSubstr("command_line")));
  EXPECT_THAT(text, Not(HasSubstr("Flags from")));
  EXPECT_THAT(text, Not(HasSubstr("\nOthers\n")));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 104U) << line;
}

TEST(FlagHelpTest, AFlagOfNoGroupIsShownToo) {
  const FlagText flag{.name = "new", .help = std::string(300, 'x') + " y", .default_value = "7"};
  EXPECT_THAT(help_text({&flag, 1}), HasSubstr("\nOthers\n  -new\n"));
}

}  // namespace
}  // namespace mex::agent
