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

struct Accepted {
  std::string_view text;
  Variables expected;
};

class AcceptedOsEnv : public ::testing::TestWithParam<Accepted> {};

TEST_P(AcceptedOsEnv, IsReadAsAShellWould) {
  EXPECT_EQ(parsed(GetParam().text), GetParam().expected) << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Forms, AcceptedOsEnv,
    ::testing::Values(
        Accepted{"", {}}, Accepted{"\n\n  \n\t\n", {}}, Accepted{"# A=1\n  # B=2", {}},
        Accepted{"export A=1", {{"A", "1"}}}, Accepted{"A=1", {{"A", "1"}}},
        Accepted{"  export\tA=1  \n", {{"A", "1"}}}, Accepted{"export=1", {{"export", "1"}}},
        Accepted{"A=1\r\nB=2\r\n", {{"A", "1"}, {"B", "2"}}},
        Accepted{"\xef\xbb\xbf"
                 "A=1",
                 {{"A", "1"}}},
        Accepted{"export A=1 B=2 # both", {{"A", "1"}, {"B", "2"}}}, Accepted{"A=", {{"A", ""}}},
        Accepted{"A=\nB=2", {{"A", ""}, {"B", "2"}}}, Accepted{"A=1\nA=2", {{"A", "2"}}},
        Accepted{"SECRET=ab+/cd==", {{"SECRET", "ab+/cd=="}}},
        Accepted{"A='one two' # three", {{"A", "one two"}}},
        Accepted{"A=\"one two\"", {{"A", "one two"}}}, Accepted{"A=''", {{"A", ""}}},
        Accepted{"A='x\"y\\z'", {{"A", "x\"y\\z"}}},
        Accepted{R"(A="x\"y\\z\n'")", {{"A", R"(x"y\z\n')"}}},
        Accepted{R"(A=x\ y\#z)", {{"A", "x y#z"}}}, Accepted{"A=a#b", {{"A", "a#b"}}},
        Accepted{"A=pre'in side'post", {{"A", "prein sidepost"}}},
        Accepted{"A='it'\"'\"'s'", {{"A", "it's"}}},
        // Nothing is expanded or run.
        Accepted{"A=$HOME/x", {{"A", "$HOME/x"}}}, Accepted{"A=\"${HOME}\"", {{"A", "${HOME}"}}},
        Accepted{"A=pa$$word!", {{"A", "pa$$word!"}}}, Accepted{"A=`id`", {{"A", "`id`"}}},
        Accepted{"A=\"$(id)\"", {{"A", "$(id)"}}}, Accepted{"A=\"\\$x\"", {{"A", "$x"}}},
        Accepted{"A=caf\xc3\xa9", {{"A", "caf\xc3\xa9"}}}));

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
