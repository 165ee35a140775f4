#include "agent/command_line.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace mex::agent {
namespace {

Flags read(std::vector<std::string> words) {
  std::vector<char*> arguments;
  words.insert(words.begin(), "mexosagent");
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  return read_command_line(static_cast<int>(words.size()), arguments.data());
}

TEST(CommandLineTest, TakesGosForms) {
  const Flags flags = read({"-debug", "-cert", "/a b", "-grpc=:1", "--rest", ":2", "--proxy=:3",
                            "-fqdn", "agent1.example.net"});
  EXPECT_TRUE(flags.debug);
  EXPECT_EQ(flags.cert, "/a b");
  EXPECT_EQ(flags.grpc, ":1");
  EXPECT_EQ(flags.rest, ":2");
  EXPECT_EQ(flags.proxy, ":3");
  EXPECT_EQ(flags.fqdn, "agent1.example.net");
}

TEST(CommandLineTest, TakesAnEmptyValue) {
  EXPECT_EQ(read({"-proxy", "", "-debug=false"}).proxy, "");
  EXPECT_EQ(read({"-proxy=:9"}).proxy, ":9");
  EXPECT_EQ(read({"-proxy="}).proxy, "");
}

TEST(CommandLineTest, BooleansTakeAValueBehindEquals) {
  EXPECT_FALSE(read({"-trust_loopback=false"}).trust_loopback);
  EXPECT_TRUE(read({"-trust_loopback=true"}).trust_loopback);
}

TEST(CommandLineDeathTest, RefusesWhatIsNoFlag) {
  EXPECT_EXIT(read({"serve"}), testing::ExitedWithCode(1), "unknown flag \"serve\"");
  EXPECT_EXIT(read({"-prxoy", ":1"}), testing::ExitedWithCode(1), "prxoy");
}

TEST(CommandLineDeathTest, AMistypedFlagIsAnsweredWithTheOneThatWasMeant) {
  const std::pair<const char*, const char*> cases[] = {
      {"-prxoy", "unknown flag \"-prxoy\", did you mean -proxy"},
      {"--state-dir", "did you mean -state_dir"},
      {"-stateDir=/x", "did you mean -state_dir"},
      {"-acme-email=x", "did you mean -acme_email"},
      {"-nodebg", "unknown flag \"-nodebg\""},
      {"-completely_else", "unknown flag \"-completely_else\"; see -help"},
  };
  for (const auto& [word, says] : cases) {
    EXPECT_EXIT(read({word}), testing::ExitedWithCode(1), says);
  }
}

TEST(CommandLineTest, AValueThatLooksLikeAFlagIsAValue) {
  EXPECT_EQ(read({"-acme_ca", "-help"}).acme_ca, "-help");
  EXPECT_FALSE(read({"-nodebug"}).debug);
}

TEST(CommandLineDeathTest, HelpIsPrintedAndIsNoFailure) {
  for (const char* word : {"-h", "--h", "-help", "--help"}) {
    EXPECT_EXIT(
        {
          dup2(STDERR_FILENO, STDOUT_FILENO);
          read({"-debug", word});
        },
        testing::ExitedWithCode(0), "Where it listens");
  }
}

TEST(CommandLineDeathTest, VersionIsPrinted) {
  EXPECT_EXIT(
      {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        read({"-version"});
      },
      testing::ExitedWithCode(0), "mexosagent [0-9]");
}

}  // namespace
}  // namespace mex::agent
