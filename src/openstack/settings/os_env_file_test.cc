#include "openstack/settings/os_env_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::openstack {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Variables kEnvironment = {{"HOME", "/srv/mex"}, {"PLAIN", "from outside"}};

Variables parsed(std::string_view text) {
  const auto variables = parse_os_env(text, "os.env", kEnvironment);
  EXPECT_TRUE(variables.ok()) << variables.status();
  return variables.ok() ? variables->known : Variables();
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
        ValidFile{"A='one\ntwo'", {{"A", "one\ntwo"}}},
        ValidFile{R"(A=$'it\'s\ta \x41\102\u00e9')", {{"A", "it's\ta AB\xc3\xa9"}}},
        // What bash 5.2 makes of them.
        ValidFile{R"(A=$'a\0b' B=$'a\x00b'c C=$'a\u0000b' D=$'a\400b')",
                  {{"A", "a"}, {"B", "ac"}, {"C", "a"}, {"D", "a"}}},
        ValidFile{R"(A=$'\xI=c' B=$'\u' C=$'\q\8' D=$'\"\?\\')",
                  {{"A", "\\xI=c"}, {"B", "\\u"}, {"C", "\\q\\8"}, {"D", "\"?\\"}}},
        ValidFile{"A=one\\\ntwo", {{"A", "onetwo"}}},
        ValidFile{"A=1; B=2;C=3 && D=4", {{"A", "1"}, {"B", "2"}, {"C", "3"}, {"D", "4"}}},
        ValidFile{"A=1\nA+=2", {{"A", "12"}}}, ValidFile{"declare -x A=\"1\"", {{"A", "1"}}},
        ValidFile{"A=caf\xc3\xa9", {{"A", "caf\xc3\xa9"}}},
        // What a $ stands for.
        ValidFile{"A=$HOME/x", {{"A", "/srv/mex/x"}}},
        ValidFile{"A=~/x B='~/x'", {{"A", "/srv/mex/x"}, {"B", "~/x"}}},
        ValidFile{"A=1\nB=\"${A}2\"", {{"A", "1"}, {"B", "12"}}},
        ValidFile{"A='$HOME'", {{"A", "$HOME"}}}, ValidFile{"A=\"\\$HOME\"", {{"A", "$HOME"}}},
        ValidFile{"A=x$ B=$/", {{"A", "x$"}, {"B", "$/"}}},
        ValidFile{"A=${B:-two} C=${PLAIN:-no}", {{"A", "two"}, {"C", "from outside"}}},
        ValidFile{"A=\nB=${A:-empty} C=${A-empty} D=${A:+x}",
                  {{"A", ""}, {"B", "empty"}, {"C", ""}, {"D", ""}}},
        ValidFile{"A=${B:=set}\nC=$B", {{"A", "set"}, {"B", "set"}, {"C", "set"}}},
        ValidFile{"A=${B:-\"a } b\"}", {{"A", "a } b"}}},
        ValidFile{"A=${B:-${C:-deep}}", {{"A", "deep"}}},
        ValidFile{"A=abc\nB=${#A}", {{"A", "abc"}, {"B", "3"}}},
        // Words that control.
        ValidFile{"A=1\nunset A", {}}, ValidFile{"OS_A=1\nunset ${!OS_*}\nB=2", {{"B", "2"}}},
        ValidFile{"A=\nif [ -z \"$A\" ]; then unset A; fi", {}},
        ValidFile{"A=1\nif [ -z \"$A\" ]; then unset A; fi", {{"A", "1"}}},
        ValidFile{
            "if [[ -n $NONE && -n $HOME ]]; then A=1; elif test x = \"x\"; then A=2; else A=3; fi",
            {{"A", "2"}}},
        ValidFile{"if ! [ \"$1\" = admin ]; then A=demo; fi", {{"A", "demo"}}},
        ValidFile{"[ -z \"$NONE\" ] && A=1\n[ -z \"$HOME\" ] && B=1 || C=1",
                  {{"A", "1"}, {"C", "1"}}},
        ValidFile{"for i in a b; do A=$A$i; done", {{"A", "ab"}, {"i", "b"}}},
        ValidFile{"f() { A=$HOME; return; A=never; }\nf\nB=2", {{"A", "/srv/mex"}, {"B", "2"}}},
        ValidFile{"A=1\nreturn 0\nA=2", {{"A", "1"}}},
        ValidFile{"(A=1)\nB=2 | C=3\nD=4", {{"D", "4"}}},
        ValidFile{"cat <<END\nA=1\nEND\nB=2 >/dev/null 2>&1", {{"B", "2"}}},
        // Commands that set nothing are passed over, and none is run.
        ValidFile{"echo \"A=1 (really)\"\nset -e\nmkdir -p cache # no\nls | grep x\nA=1",
                  {{"A", "1"}}},
        ValidFile{"LANG=C ls\nA=1", {{"A", "1"}}},
        ValidFile{"alias os='openstack'\nA=1", {{"A", "1"}}},
        ValidFile{"nonsense\nA B=1\n1A=1\nA=1", {{"A", "1"}}}));

struct OpenRow {
  std::string_view text;
  std::string_view name;
  int line;
  std::string_view why;
};

class OpenOsEnv : public ::testing::TestWithParam<OpenRow> {};

TEST_P(OpenOsEnv, SaysWhyAValueIsNotKnown) {
  const auto variables = parse_os_env(GetParam().text, "os.env", kEnvironment);
  ASSERT_TRUE(variables.ok()) << variables.status();
  const auto open = variables->open.find(GetParam().name);
  ASSERT_NE(open, variables->open.end()) << GetParam().text;
  EXPECT_EQ(open->second.line, GetParam().line) << GetParam().text;
  EXPECT_THAT(open->second.why, HasSubstr(GetParam().why));
  const auto known = variables->known.find(GetParam().name);
  EXPECT_TRUE(known == variables->known.end() || known->second.empty()) << known->second;
}

INSTANTIATE_TEST_SUITE_P(
    Reasons, OpenOsEnv,
    ::testing::Values(
        OpenRow{"\nread -sr A", "A", 2, "is asked for at a terminal"},
        OpenRow{"read -s -p 'Password: ' -t 5 A", "A", 1, "is asked for"},
        OpenRow{"read -srp Password: A", "A", 1, "is asked for"},
        OpenRow{"read IN\nA=\"$IN\"", "A", 1, "is asked for"},
        OpenRow{"A=$(pass show cloud)", "A", 1, "is the output of a command"},
        OpenRow{"A=\"x`id`\"", "A", 1, "is the output of a command"},
        OpenRow{"A=$((1 + 1))", "A", 1, "is the output of a command"},
        OpenRow{"A=(1 2)", "A", 1, "is the output of a command"},
        OpenRow{"A=pa$word", "A", 1, "holds $word, which is set neither in this file nor"},
        OpenRow{"A=$NONE", "A", 1, "is $NONE, which is set neither"},
        OpenRow{"B=$NONE\nA=http://$B/", "A", 2, "holds $NONE"},
        OpenRow{"A=pa$$word", "A", 1, "holds $$, which only a shell has"},
        OpenRow{"A=${HOME%/*}", "A", 1, "changes $HOME in a way that only a shell can"},
        OpenRow{"if grep -q x /etc/hosts; then\n  A=1\nfi", "A", 2, "depends on a condition"},
        OpenRow{"A=1\n[ -f /etc/hosts ] && unset A", "A", 2, "depends on a condition"},
        OpenRow{"A=1\nif [ -r x ]; then A=2; fi\nB=$A", "B", 2, "depends on a condition"},
        OpenRow{"case $1 in a) A=1;; *) A=2;; esac", "A", 1, "depends on a condition"},
        OpenRow{"while read x; do A=$x; done", "A", 1, "is asked for"},
        OpenRow{"for x in $(ls); do A=$x; done", "A", 1, "is one of several in a loop"}));

TEST(OsEnvFileTest, AValueThatAnUnknownConditionDoesNotChangeIsKnown) {
  EXPECT_EQ(parsed("A=1\nif [ -r x ]; then A=1; fi"), (Variables{{"A", "1"}}));
}

TEST(OsEnvFileTest, ALoopOverTheEnvironmentTakesItsSettingsAway) {
  for (const std::string_view loop :
       {"for key in $( set | awk '{FS=\"=\"}  /^OS_/ {print $1}' ); do unset $key ; done",
        "for key in $( set | awk -F= '/^OS_/ {print $1}' ); do unset \"${key}\" ; done",
        "for key in `env | grep ^OS_ | cut -d= -f1`; do unset $key; done", "unset ${!OS_*}",
        "for key in ${!OS_@}; do unset $key; done"}) {
    const auto variables =
        parse_os_env(fmt::format("{}\nexport OS_USERNAME=${{OS_USERNAME:-demo}}\n", loop), "os.env",
                     {{"OS_USERNAME", "admin"}, {"OS_CACERT", "/old.pem"}});
    ASSERT_TRUE(variables.ok()) << variables.status();
    EXPECT_EQ(variables->known, (Variables{{"OS_USERNAME", "demo"}})) << loop;
    EXPECT_TRUE(variables->open.empty()) << loop;
  }
}

TEST(OsEnvFileTest, OfTheEnvironmentOnlyWhatTheFileLooksAtCounts) {
  const auto variables =
      parse_os_env("if [ -z \"$OS_PASSWORD\" ]; then read -sr OS_PASSWORD; fi", "os.env",
                   {{"OS_PASSWORD", "from outside"}, {"OS_REGION_NAME", "elsewhere"}});
  ASSERT_TRUE(variables.ok()) << variables.status();
  EXPECT_EQ(variables->known, (Variables{{"OS_PASSWORD", "from outside"}}));
}

TEST(OsEnvFileTest, ScriptsThatNeverEndAreGivenUp) {
  for (const std::string_view text :
       {"f() { f; f; }\nf",
        "A=xxxxxxxx\nfor i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; "
        "do A=$A$A; done"}) {
    const auto variables = parse_os_env(text, "os.env", {});
    EXPECT_TRUE(!variables.ok() || !variables->open.empty()) << text;
  }
}

struct Refused {
  std::string_view text;
  std::string_view reason;
};

class RefusedOsEnv : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedOsEnv, NamesFileAndLine) {
  const auto variables = parse_os_env(GetParam().text, "/k8s/os.env", {});
  EXPECT_TRUE(absl::IsInvalidArgument(variables.status())) << GetParam().text;
  EXPECT_THAT(base::message_of(variables.status()), HasSubstr(GetParam().reason));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, RefusedOsEnv,
    ::testing::Values(
        Refused{"A=1\nOS_A =1", "/k8s/os.env:2: OS_A: expected NAME=value, without blanks"},
        Refused{"OS_A: 1", "/k8s/os.env:1: OS_A: expected NAME=value"},
        Refused{"export OS-A=1", "expected NAME=value"},
        Refused{"export OS_A-B=1", "expected NAME=value"},
        Refused{"OS_PASSWORD=one two", "OS_PASSWORD: a value with blanks must stand in quotes"},
        Refused{"export OS_PASSWORD=one&two", "OS_PASSWORD: a value with & must stand in quotes"},
        Refused{"OS_PASSWORD=one;two", "OS_PASSWORD: a value with ; must stand in quotes"},
        Refused{"OS_PASSWORD=one(two)", "a value with ( must stand in quotes"},
        Refused{"OS_PASSWORD=<secret>", "a value with < must stand in quotes"},
        Refused{"setenv OS_PASSWORD x", "'setenv' assigns nothing here: expected export"},
        Refused{"set OS_PASSWORD=x", "'set' assigns nothing here"},
        Refused{"\nA='open", "/k8s/os.env:2: the single quote that opens here is not closed"},
        Refused{"A=\"open\nB=1", "/k8s/os.env:1: the double quote that opens here"},
        Refused{"A=\"x\\", "the double quote that opens here is not closed"},
        Refused{"A=$'x", "the single quote that opens here is not closed"},
        Refused{"OS_A='x\nOS_B='y z'", "is not closed"},
        Refused{"\nOS_A='x\nOS_B='y", "OS_A goes over several lines: is a quote not closed?"},
        Refused{"A=`id", "the ` that opens here is not closed"},
        Refused{"A=$(id", "the ( that opens here is not closed"},
        Refused{"A=${B", "the ${ that opens here is not closed"},
        Refused{"if [ -z \"$A\" ]; then\nA=1",
                "/k8s/os.env:1: the 'if' that begins here has no 'fi'"},
        Refused{"for a in b; A=1", "the 'for' that begins here has no 'do'"},
        Refused{"A=1\nfi", "/k8s/os.env:2: 'fi' closes nothing"}, Refused{"A=1 )", "ends nothing"},
        Refused{"{ A=1", "has no '}'"}, Refused{std::string_view("A=\0", 3), "zero byte"},
        Refused{std::string_view("\xff\xfe"
                                 "A\0=\0",
                                 6),
                "zero byte"}));

TEST(OsEnvFileTest, FaultsNeverShowAValue) {
  for (const std::string_view text :
       {"OS_PASSWORD=hush hush", "OS_PASSWORD='hush", "OS_PASSWORD=a;hush", "OS_PASSWORD hush",
        "OS_PASSWORD='hush\nOS_USERNAME='demo", "OS_PASSWORD: hush", "OS_PASSWORD=a&hush"}) {
    const auto variables = parse_os_env(text, "os.env", {});
    ASSERT_FALSE(variables.ok()) << text;
    EXPECT_THAT(base::message_of(variables.status()), Not(HasSubstr("hush")));
  }
}

}  // namespace
}  // namespace mex::openstack
