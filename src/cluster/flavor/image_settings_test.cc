#include "cluster/flavor/image_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace mex::cluster {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(ImageSettingsTest, WhatNobodySaysIsBakedAndSystemd) {
  KubernetesSettings settings;
  take_platforms({}, settings);
  EXPECT_EQ(settings.image_style, ImageStyle::Baked);
  EXPECT_EQ(settings.apt_source, "");
  EXPECT_EQ(settings.image_quirks.cgroup_driver, CgroupDriver::Systemd);
  EXPECT_FALSE(settings.image_quirks.conntrack_max_per_core.has_value());
  EXPECT_THAT(settings.image_quirks.ignored_preflight_errors, IsEmpty());
  EXPECT_THAT(settings.image_quirks.skipped_phases, IsEmpty());
}

class OfAPlatformTest : public testing::Test {
 protected:
  OfAPlatformTest() {
    platform_.image_style = ImageStyle::Packages;
    platform_.apt_source = "deb https://apt.example.org platform main";
    platform_.image_quirks = {.cgroup_driver = CgroupDriver::Cgroupfs,
                              .conntrack_max_per_core = 0,
                              .ignored_preflight_errors = {"all"},
                              .skipped_phases = {"addon/coredns"}};
  }

  PlatformConfig platform_;
};

TEST_F(OfAPlatformTest, AFlavorThatSaysNothingTakesAll) {
  KubernetesSettings settings;
  take_platforms(platform_, settings);
  EXPECT_EQ(settings.image_style, ImageStyle::Packages);
  EXPECT_EQ(settings.apt_source, platform_.apt_source);
  EXPECT_EQ(settings.image_quirks, platform_.image_quirks);
}

TEST_F(OfAPlatformTest, WhatAFlavorSaysStays) {
  KubernetesSettings settings;
  settings.image_style = ImageStyle::Packages;
  settings.apt_source = "deb https://apt.example.org own main";
  settings.image_quirks = {.cgroup_driver = CgroupDriver::Systemd,
                           .conntrack_max_per_core = 100,
                           .ignored_preflight_errors = {"NumCPU"},
                           .skipped_phases = {"upload-certs"}};
  const KubernetesSettings before = settings;
  take_platforms(platform_, settings);
  EXPECT_EQ(settings, before);
}

TEST_F(OfAPlatformTest, ItsPackagesAreOnlyForFlavorsThatLeaveTheStyleOpen) {
  for (const ImageStyle style : {ImageStyle::Baked, ImageStyle::Unmanaged}) {
    KubernetesSettings settings;
    settings.image_style = style;
    take_platforms(platform_, settings);
    EXPECT_EQ(settings.image_style, style);
    EXPECT_EQ(settings.apt_source, "");
  }
}

TEST(ImageQuirksTest, NamesThatKubeadmHasAreGood) {
  EXPECT_FALSE(fault_of(ImageQuirks()).has_value());
  ImageQuirks quirks;
  quirks.conntrack_max_per_core = kMaxConntrackPerCore;
  quirks.ignored_preflight_errors = {"NumCPU", "FileContent--proc-sys-net-ipv4-ip_forward",
                                     "FileAvailable--etc-kubernetes-manifests-etcd.yaml"};
  quirks.skipped_phases = {"addon/coredns", "mark-control-plane"};
  EXPECT_FALSE(fault_of(quirks).has_value());
  for (const char* all : {"all", "All", "ALL"}) {
    quirks.ignored_preflight_errors = {all};
    EXPECT_FALSE(fault_of(quirks).has_value()) << all;
  }
}

struct Faulty {
  ImageQuirks quirks;
  const char* setting;
  const char* where;
  const char* what;
};

ImageQuirks conntrack(int value) {
  ImageQuirks quirks;
  quirks.conntrack_max_per_core = value;
  return quirks;
}

ImageQuirks ignoring(std::vector<std::string> names) {
  ImageQuirks quirks;
  quirks.ignored_preflight_errors = std::move(names);
  return quirks;
}

ImageQuirks skipping(std::vector<std::string> phases) {
  ImageQuirks quirks;
  quirks.skipped_phases = std::move(phases);
  return quirks;
}

TEST(ImageQuirksTest, OthersAreNamedWithTheirPlace) {
  const std::vector<std::string> many(51, "a");
  const Faulty all[] = {
      {conntrack(-1), "conntrack_max_per_core", "conntrack_max_per_core", "0 to 1000000"},
      {conntrack(1'000'001), "conntrack_max_per_core", "conntrack_max_per_core", "0 to"},
      {ignoring(many), "ignored_preflight_errors", "ignored_preflight_errors", "at most 50"},
      {ignoring({"NumCPU", ""}), "ignored_preflight_errors", "ignored_preflight_errors[1]",
       "such as NumCPU"},
      {ignoring({"NumCPU,Mem"}), "ignored_preflight_errors", "ignored_preflight_errors[0]",
       "a check of kubeadm"},
      {ignoring({"-v"}), "ignored_preflight_errors", "ignored_preflight_errors[0]", "a check"},
      {ignoring({"Mem", "aLL"}), "ignored_preflight_errors", "ignored_preflight_errors[1]",
       "must stand alone"},
      {skipping(many), "skipped_phases", "skipped_phases", "at most 50"},
      {skipping({"addon/coredns", "addon/"}), "skipped_phases", "skipped_phases[1]",
       "a phase of kubeadm init"},
      {skipping({"$(reboot)"}), "skipped_phases", "skipped_phases[0]", "such as addon/coredns"},
  };
  for (const Faulty& faulty : all) {
    const auto fault = fault_of(faulty.quirks);
    ASSERT_TRUE(fault.has_value()) << faulty.where;
    EXPECT_EQ(fault->setting, faulty.setting);
    EXPECT_EQ(fault->where, faulty.where);
    EXPECT_THAT(fault->what, HasSubstr(faulty.what));
  }
}

TEST(AptSourceTest, IsOneLineForBinaryPackages) {
  EXPECT_TRUE(is_apt_source("deb [trusted=yes] https://apt.example.org/k8s stable main"));
  for (const char* wrong : {"", "deb", "deb-src https://x y z", "deb http://x y z\ndeb http://q",
                            "deb http://\xc3\xa4.example x", "deb http://x y "}) {
    EXPECT_FALSE(is_apt_source(wrong)) << wrong;
  }
  EXPECT_FALSE(is_apt_source("deb " + std::string(1024, 'x')));
}

}  // namespace
}  // namespace mex::cluster
