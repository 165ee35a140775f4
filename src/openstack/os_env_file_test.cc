#include "openstack/os_env_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::openstack {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Variables parsed(std::string_view text) {
  const auto variables = parse_os_env(text, "os.env");
  EXPECT_TRUE(variables.ok()) << variables.status();
  return variables.value_or(Variables());
}

struct ValidFile {
  std::string_view text;
  Variables expected;
};

class ValidOsEnv : public ::testing::TestWithParam<ValidFile> {};

TEST_P(ValidOsEnv, IsReadAsAShellWould) {
  EXPECT_EQ(parsed(GetParam().text), GetParam().expected) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Forms, ValidOsEnv,
    ::testing::Values(
        ValidFile{"", {}}, ValidFile{"\n\n  \n\t\n", {}}, ValidFile{"# A=1\n  # B=2", {}},
        ValidFile{"export A=1", {{"A", "1"}}}, ValidFile{"A=1", {{"A", "1"}}},
        ValidFile{"  export\tA=1  \n", {{"A", "1"}}}, ValidFile{"export=1", {{"export", "1"}}},
        ValidFile{"A=1\r\nB=2\r\n", {{"A", "1"}, {"B", "2"}}},
        ValidFile{"\xef\xbb\xbf"
                  "A=1",
                  {{"A", "1"}}},
        ValidFile{"export A=1 B=2 # both", {{"A", "1"}, {"B", "2"}}}, ValidFile{"A=", {{"A", ""}}},
        ValidFile{"A=\nB=2", {{"A", ""}, {"B", "2"}}}, ValidFile{"A=1\nA=2", {{"A", "2"}}},
        ValidFile{"SECRET=ab+/cd==", {{"SECRET", "ab+/cd=="}}},
        ValidFile{"A='one two' # three", {{"A", "one two"}}},
        ValidFile{"A=\"one two\"", {{"A", "one two"}}}, ValidFile{"A=''", {{"A", ""}}},
        ValidFile{"A='x\"y\\z'", {{"A", "x\"y\\z"}}},
        ValidFile{R"(A="x\"y\\z\n'")", {{"A", R"(x"y\z\n')"}}},
        ValidFile{R"(A=x\ y\#z)", {{"A", "x y#z"}}}, ValidFile{"A=a#b", {{"A", "a#b"}}},
        ValidFile{"A=pre'in side'post", {{"A", "prein sidepost"}}},
        ValidFile{"A='it'\"'\"'s'", {{"A", "it's"}}},
        // Nothing is expanded or run.
        ValidFile{"A=$HOME/x", {{"A", "$HOME/x"}}}, ValidFile{"A=\"${HOME}\"", {{"A", "${HOME}"}}},
        ValidFile{"A=pa$$word!", {{"A", "pa$$word!"}}}, ValidFile{"A=`id`", {{"A", "`id`"}}},
        ValidFile{"A=\"$(id)\"", {{"A", "$(id)"}}}, ValidFile{"A=\"\\$x\"", {{"A", "$x"}}},
        ValidFile{"A=caf\xc3\xa9", {{"A", "caf\xc3\xa9"}}}));

struct Refused {
  std::string_view text;
  std::string_view reason;
};

class RefusedOsEnv : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedOsEnv, NamesFileAndLine) {
  const auto variables = parse_os_env(GetParam().text, "/k8s/os.env");
  EXPECT_TRUE(absl::IsInvalidArgument(variables.status())) << GetParam().text;
  EXPECT_THAT(base::message_of(variables.status()), HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, RefusedOsEnv,
    ::testing::Values(Refused{"A=1\nnonsense\n", "/k8s/os.env:2: expected NAME=value"},
                      Refused{"\n\nexport A", "/k8s/os.env:3: expected NAME=value"},
                      Refused{"=1", "/k8s/os.env:1: expected NAME=value"},
                      Refused{"1A=1", "expected NAME=value"}, Refused{"A B=1", "expected"},
                      Refused{"A =1", "expected NAME=value"}, Refused{"A-B=1", "expected"},
                      Refused{"PASSWORD=one two", "must stand in quotes"},
                      Refused{"A='open", "os.env:1: A: the single quote is not closed"},
                      Refused{"A=\"open", "os.env:1: A: the double quote is not closed"},
                      Refused{"A=\"x\\", "the double quote is not closed"},
                      Refused{"A=x\\", "cannot go on in the next line"},
                      Refused{"A=$(id)", "must stand in quotes"},
                      Refused{"A=1; rm -rf /", "must stand in quotes"},
                      Refused{std::string_view("A=\0", 3), "zero byte"}));

TEST(OsEnvFileTest, FaultsNeverShowAValue) {
  for (const std::string_view text :
       {"OS_PASSWORD=hush hush", "OS_PASSWORD='hush", "OS_PASSWORD=hush;", "OS_PASSWORD hush"}) {
    const auto variables = parse_os_env(text, "os.env");
    ASSERT_FALSE(variables.ok()) << text;
    EXPECT_THAT(base::message_of(variables.status()), Not(HasSubstr("hush")));
  }
}

}  // namespace
}  // namespace mex::openstack
