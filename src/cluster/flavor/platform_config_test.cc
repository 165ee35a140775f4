#include "cluster/flavor/platform_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "openstack/nova.h"

namespace mex::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kWhole = R"(
[defaults]
region = "RegionOne"
zone = "nova"
image = "debian-12"
network = "net-1"
subnet = "192.0.2.0/24"
flavor = "m1.small"
external_network = "public"

[kubernetes]
nodeaddrs = ["10.0.0.100", "10.0.0.101", "10.0.0.102"]
noderoles = ["k8s-master", "k8s-node", "k8s-node"]
proxyaddr = "10.0.0.5"
masteraddr = "10.0.0.100"
image_style = "packages"
apt_source = "deb [trusted=yes] https://apt.example.org/k8s stable main"
cgroup_driver = "cgroupfs"
conntrack_max_per_core = 0
ignored_preflight_errors = ["NumCPU", "Mem"]
skipped_phases = ["addon/coredns"]
)";

TEST(PlatformToml, ReadsEveryKey) {
  const auto read = parse_platform_toml(kWhole, "x.toml");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->warnings, IsEmpty());
  const PlatformConfig& config = read->config;
  EXPECT_EQ(config.region, "RegionOne");
  EXPECT_EQ(config.zone, "nova");
  EXPECT_EQ(config.image, "debian-12");
  EXPECT_EQ(config.network, "net-1");
  EXPECT_EQ(config.subnet, "192.0.2.0/24");
  EXPECT_EQ(config.flavor, "m1.small");
  EXPECT_EQ(config.external_network, "public");
  EXPECT_THAT(config.master_addresses, ElementsAre("10.0.0.100"));
  EXPECT_THAT(config.worker_addresses, ElementsAre("10.0.0.101", "10.0.0.102"));
  EXPECT_EQ(config.proxy_address, "10.0.0.5");
  EXPECT_EQ(config.master_address, "10.0.0.100");
  EXPECT_EQ(config.image_style, ImageStyle::Packages);
  EXPECT_EQ(config.apt_source, "deb [trusted=yes] https://apt.example.org/k8s stable main");
  EXPECT_EQ(config.image_quirks.cgroup_driver, CgroupDriver::Cgroupfs);
  EXPECT_EQ(config.image_quirks.conntrack_max_per_core, 0);
  EXPECT_THAT(config.image_quirks.ignored_preflight_errors, ElementsAre("NumCPU", "Mem"));
  EXPECT_THAT(config.image_quirks.skipped_phases, ElementsAre("addon/coredns"));
}

TEST(PlatformToml, ReadsTheOtherImageStyles) {
  for (const auto& [word, style] :
       {std::pair("baked", ImageStyle::Baked), std::pair("unmanaged", ImageStyle::Unmanaged)}) {
    const auto read = parse_platform_toml(
        fmt::format("[kubernetes]\nimage_style = \"{}\"\ncgroup_driver = \"systemd\"\n", word),
        "x.toml");
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->config.image_style, style);
    EXPECT_EQ(read->config.image_quirks.cgroup_driver, CgroupDriver::Systemd);
  }
}

TEST(PlatformToml, AnEmptyFileSaysNothing) {
  const auto read = parse_platform_toml("", "x.toml");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->config.image, "");
  EXPECT_EQ(read->config.address_pool, "10.101.0.0/16");
  EXPECT_EQ(read->config.image_style, ImageStyle::Platform);
  EXPECT_EQ(read->config.image_quirks, ImageQuirks());
}

TEST(PlatformToml, WarnsOfUnknownKeys) {
  const auto read = parse_platform_toml(
      "[defaults]\nimgae = \"x\"\n[kubernetes]\nversion = 1\n[other]\na = 1\n", "x.toml");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(read->warnings,
              testing::UnorderedElementsAre("x.toml:2: defaults.imgae: unknown key, ignored",
                                            "x.toml:4: kubernetes.version: unknown key, ignored",
                                            HasSubstr("other: unknown key, ignored")));
}

struct Wrong {
  const char* text;
  const char* message;
};

class PlatformTomlWrong : public testing::TestWithParam<Wrong> {};

TEST_P(PlatformTomlWrong, IsOneLineWithFileLineAndKey) {
  const auto read = parse_platform_toml(GetParam().text, "x.toml");
  ASSERT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(base::message_of(read.status()), HasSubstr(GetParam().message));
  EXPECT_EQ(base::message_of(read.status()).find('\n'), std::string_view::npos);
}

INSTANTIATE_TEST_SUITE_P(
    All, PlatformTomlWrong,
    testing::Values(
        Wrong{"[defaults]\n\nzone = 7\n", "x.toml:3: defaults.zone: must be a string"},
        Wrong{"defaults = 1\n", "x.toml:1: defaults: must be a table"},
        Wrong{"[defaults]\nimage = \"deb", "x.toml:2: "}, Wrong{"[kubernetes\n", "x.toml:1: "},
        Wrong{"[kubernetes]\nnodeaddrs = [\"20.0.0.1\",n\n]", "x.toml:2: "},
        Wrong{"[kubernetes]\nnodeaddrs = \"10.0.0.1\"\n",
              "x.toml:2: kubernetes.nodeaddrs: must be an array of strings"},
        Wrong{"[kubernetes]\nnodeaddrs = [\"10.0.0.1\", 2]\n", "must be an array of strings"},
        Wrong{"[kubernetes]\nnodeaddrs = [\"10.0.0.1\"]\n",
              "x.toml:2: kubernetes.nodeaddrs: nodeaddrs has 1 elements and noderoles 0"},
        Wrong{"[kubernetes]\nnoderoles = [\"k8s-node\"]\n",
              "x.toml:2: kubernetes.noderoles: nodeaddrs has 0 elements and noderoles 1"},
        Wrong{"[kubernetes]\nnodeaddrs = [\"10.0.0\"]\nnoderoles = [\"k8s-node\"]\n",
              "kubernetes.nodeaddrs[0]: must be an IPv4 address"},
        Wrong{"[kubernetes]\nnodeaddrs = [\"10.0.0.1\"]\nnoderoles = [\"master\"]\n",
              "x.toml:3: kubernetes.noderoles[0]: must be k8s-master or k8s-node"},
        Wrong{"[kubernetes]\nnodeaddrs = [\"10.0.0.1\", \"10.0.0.1\"]\n"
              "noderoles = [\"k8s-node\", \"k8s-node\"]\n",
              "10.0.0.1 is there twice"},
        Wrong{"[kubernetes]\nimage_style = \"platform\"\n",
              "x.toml:2: kubernetes.image_style: must be baked, packages or unmanaged"},
        Wrong{"[kubernetes]\nimage_style = \"\"\n", "x.toml:2: kubernetes.image_style: must be"},
        Wrong{"[kubernetes]\nimage_style = true\n",
              "x.toml:2: kubernetes.image_style: must be a string"},
        Wrong{"[kubernetes]\nimage_style = \"packages\"\n",
              "x.toml:2: kubernetes.apt_source: must be a line of sources.list"},
        Wrong{"[kubernetes]\nimage_style = \"packages\"\napt_source = \"http://x\"\n",
              "x.toml:3: kubernetes.apt_source: must be a line of sources.list"},
        Wrong{"[kubernetes]\napt_source = \"deb http://x y z\"\n",
              "x.toml:2: kubernetes.apt_source: is only for the image style packages"},
        Wrong{"[kubernetes]\ncgroup_driver = \"cgroups\"\n",
              "x.toml:2: kubernetes.cgroup_driver: must be systemd or cgroupfs"},
        Wrong{"[kubernetes]\nconntrack_max_per_core = \"0\"\n",
              "x.toml:2: kubernetes.conntrack_max_per_core: must be a whole number"},
        Wrong{"[kubernetes]\nconntrack_max_per_core = 4294967296\n", "must be a whole number"},
        Wrong{"[kubernetes]\nconntrack_max_per_core = -1\n",
              "x.toml:2: kubernetes.conntrack_max_per_core: must be 0 to 1000000"},
        Wrong{"[kubernetes]\nignored_preflight_errors = \"all\"\n",
              "x.toml:2: kubernetes.ignored_preflight_errors: must be an array of strings"},
        Wrong{"[kubernetes]\n\nignored_preflight_errors = [\"Mem\", \"all\"]\n",
              "x.toml:3: kubernetes.ignored_preflight_errors[1]: must stand alone"},
        Wrong{"[kubernetes]\nskipped_phases = [\"addon/CoreDNS\"]\n",
              "x.toml:2: kubernetes.skipped_phases[0]: must be a phase of kubeadm init"},
        Wrong{"[kubernetes]\nproxyaddr = \"proxy\"\n",
              "x.toml:2: kubernetes.proxyaddr: must be an IPv4 address"}));

class PlatformFilesTest : public testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& content) {
    std::string path = directory_.path() + "/" + name;
    std::ofstream(path) << content;
    return path;
  }

  base::TemporaryDirectory directory_;
};

TEST_F(PlatformFilesTest, ReadsBoth) {
  const auto config = load_platform_config(file("t.toml", kWhole), file("u", "#cloud-config\n"));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->image, "debian-12");
  EXPECT_EQ(config->user_data, "#cloud-config\n");
}

TEST_F(PlatformFilesTest, NeitherIsNeeded) {
  const auto config = load_platform_config("", "");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->user_data, "");
}

TEST_F(PlatformFilesTest, NamesWhatIsMissing) {
  const std::string missing = directory_.path() + "/none";
  const auto toml = load_platform_config(missing, "");
  EXPECT_THAT(base::message_of(toml.status()), HasSubstr("MEX_K8SOS_CONFIG"));
  EXPECT_THAT(base::message_of(toml.status()), HasSubstr(missing));
  const auto user_data = load_platform_config("", missing);
  EXPECT_THAT(base::message_of(user_data.status()), HasSubstr("MEX_K8SOS_USERDATA"));
}

TEST_F(PlatformFilesTest, UserDataMustFitIntoNovasLimit) {
  const std::string fits(openstack::kMaxUserDataBytes, 'x');
  EXPECT_TRUE(load_platform_config("", file("u", fits)).ok());
  const auto too_large = load_platform_config("", file("v", fits + "x"));
  EXPECT_EQ(too_large.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(base::message_of(too_large.status()), HasSubstr("65535"));
  const auto empty = load_platform_config("", file("w", ""));
  EXPECT_THAT(base::message_of(empty.status()), HasSubstr("is empty"));
}

}  // namespace
}  // namespace mex::cluster
