#include "dns/rfc2136.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
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

// Whatever the file has by then, an update goes out signed or not at all: here the programs write
// down what they are given.
TEST_F(Rfc2136ProgramsTest, WithoutAKeyInItsFileNothingIsSent) {
  setenv("PATH", (directory_.path() + ":" + before_).c_str(), 1);
  const std::string seen = directory_.path() + "/seen";
  // A child of root's runs as another user.
  std::filesystem::permissions(directory_.path(), std::filesystem::perms::all);
  for (const char* name : {"nsupdate", "dig"}) {
    const std::string file = directory_.path() + "/" + name;
    std::ofstream(file) << "#!/bin/sh\necho \"$0 $*\" >> " << seen << "\ncat >> " << seen << "\n";
    std::filesystem::permissions(file, std::filesystem::perms::all);
  }
  const std::string key = directory_.path() + "/key";
  const Rfc2136Options options{.server = "127.0.0.1", .port = "53", .key_file = key};
  EXPECT_EQ(create_rfc2136(options).status().code(), absl::StatusCode::kInvalidArgument);
  std::ofstream(key) << "";
  EXPECT_EQ(create_rfc2136(options).status().code(), absl::StatusCode::kInvalidArgument);
  std::ofstream(key) << "key \"agent\" { algorithm hmac-sha256; secret \"QUJDRA==\"; };\n";
  const auto provider = create_rfc2136(options);
  ASSERT_TRUE(provider.ok()) << provider.status();

  const base::CallLimits limits{std::chrono::steady_clock::now() + std::chrono::minutes(1), {}};
  const DnsRecord record{.name = "edge.example", .type = RecordType::A, .content = "192.0.2.1"};
  EXPECT_TRUE((*provider)->add(record, limits).ok());
  std::stringstream sent;
  sent << std::ifstream(seen).rdbuf();
  EXPECT_NE(sent.str().find("key hmac-sha256:agent QUJDRA==\nupdate add"), std::string::npos);
  EXPECT_EQ(sent.str().find("-k"), std::string::npos);

  std::filesystem::remove(seen);
  for (const char* broken : {"", "key \"agent\" { algorithm hmac-sha256; secr", "QUJDRA==", "\n"}) {
    std::ofstream(key) << broken;
    const absl::Status refused = (*provider)->add(record, limits);
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument) << broken;
    EXPECT_NE(refused.ToString().find("-dns_key: " + key), std::string::npos) << refused;
    EXPECT_FALSE((*provider)->remove(record, limits).ok()) << broken;
    EXPECT_FALSE((*provider)->change(record, record, limits).ok()) << broken;
    EXPECT_FALSE((*provider)->find("edge.example", RecordType::A, limits).ok()) << broken;
  }
  EXPECT_FALSE(std::filesystem::exists(seen));
}

}  // namespace
}  // namespace mex::dns
