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
