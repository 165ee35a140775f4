#include "dns/rfc2136.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/temporary_directory.h"

namespace mex::dns {
namespace {

// With a PATH that leads to what the test puts there, and nowhere else.
class Rfc2136ProgramsTest : public ::testing::Test {
 protected:
  Rfc2136ProgramsTest() { setenv("PATH", directory_.path().c_str(), 1); }
  ~Rfc2136ProgramsTest() override { setenv("PATH", before_.c_str(), 1); }

  void put_program(const std::string& name) const {
    const std::string file = directory_.path() + "/" + name;
    std::ofstream(file) << "#!/bin/sh\n";
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
  }
  static std::string refusal() {
    return create_rfc2136({.server = "127.0.0.1", .port = "53", .key_file = ""})
        .status()
        .ToString();
  }

  const std::string before_ = std::getenv("PATH");
  const base::TemporaryDirectory directory_;
};

TEST_F(Rfc2136ProgramsTest, EachThatIsMissingIsNamedWithItsPackage) {
  EXPECT_EQ(refusal(),
            "FAILED_PRECONDITION: nsupdate: there is no such program; install the package "
            "bind9-dnsutils");
  put_program("nsupdate");
  EXPECT_EQ(refusal(),
            "FAILED_PRECONDITION: dig: there is no such program; install the package "
            "bind9-dnsutils");
  put_program("dig");
  EXPECT_EQ(refusal(), "OK");
}

TEST_F(Rfc2136ProgramsTest, OneThatGoesLaterIsNamedToo) {
  put_program("nsupdate");
  put_program("dig");
  const auto provider = create_rfc2136({.server = "127.0.0.1", .port = "53", .key_file = ""});
  ASSERT_TRUE(provider.ok()) << provider.status();
  std::filesystem::remove(directory_.path() + "/dig");
  const base::CallLimits limits{std::chrono::steady_clock::now() + std::chrono::minutes(1), {}};
  EXPECT_EQ((*provider)->find("edge.example", RecordType::A, limits).status().ToString(),
            "FAILED_PRECONDITION: dig: there is no such program; install the package "
            "bind9-dnsutils");
}

}  // namespace
}  // namespace mex::dns
