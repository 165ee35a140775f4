#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cluster/flavor/flavor.h"
#include "cluster/flavor/platform_config.h"

// What a flavor and the platform say of images, in the same words. Pure.
namespace mex::cluster {

// The most that conntrack_max_per_core may be: a machine with 2000 cores still has a number.
inline constexpr int kMaxConntrackPerCore = 1'000'000;

struct SettingFault {
  std::string_view setting;  // "skipped_phases"
  std::string where;         // the same, or with the element: "skipped_phases[1]"
  std::string what;          // "must be …"
};

// The first thing that kubeadm would not take, or that could become syntax.
std::optional<SettingFault> fault_of(const ImageQuirks& quirks);

// A line of sources.list for binary packages.
bool is_apt_source(std::string_view text);

// Fills in what `settings` leave open: the platform's word, then baked images and systemd. What
// comes out is neither ImageStyle::Platform nor CgroupDriver::Platform.
void take_platforms(const PlatformConfig& platform, KubernetesSettings& settings);

}  // namespace mex::cluster
