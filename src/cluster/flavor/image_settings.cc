#include "cluster/flavor/image_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cluster/flavor/syntax.h"

namespace mex::cluster {
namespace {

constexpr std::size_t kMaxValues = 50;

template <typename IsGood>
std::optional<SettingFault> fault_in(const std::vector<std::string>& values,
                                     std::string_view setting, IsGood is_good,
                                     std::string_view what) {
  if (values.size() > kMaxValues) {
    return SettingFault{setting, std::string(setting),
                        fmt::format("must have at most {} entries", kMaxValues)};
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (is_good(values[i])) continue;
    return SettingFault{setting, fmt::format("{}[{}]", setting, i), std::string(what)};
  }
  return std::nullopt;
}

// kubeadm takes its names in any case, and "all" only where nothing else is said.
bool is_all(std::string_view name) {
  constexpr std::string_view kAll = "all";
  return std::equal(name.begin(), name.end(), kAll.begin(), kAll.end(),
                    [](char c, char lower) { return (c | 0x20) == lower; });
}

}  // namespace

std::optional<SettingFault> fault_of(const ImageQuirks& quirks) {
  const int conntrack = quirks.conntrack_max_per_core.value_or(0);
  if (conntrack < 0 || conntrack > kMaxConntrackPerCore) {
    return SettingFault{
        "conntrack_max_per_core", "conntrack_max_per_core",
        fmt::format("must be 0 to {}; 0 leaves the kernel's limit alone", kMaxConntrackPerCore)};
  }
  const std::vector<std::string>& ignored = quirks.ignored_preflight_errors;
  if (auto fault = fault_in(ignored, "ignored_preflight_errors", is_preflight_check,
                            "must be the name of a check of kubeadm, such as NumCPU or "
                            "FileContent--proc-sys-net-ipv4-ip_forward, or all")) {
    return fault;
  }
  const auto all = std::find_if(ignored.begin(), ignored.end(), is_all);
  if (all != ignored.end() && ignored.size() > 1) {
    return SettingFault{"ignored_preflight_errors",
                        fmt::format("ignored_preflight_errors[{}]", all - ignored.begin()),
                        "must stand alone: all means every check"};
  }
  return fault_in(quirks.skipped_phases, "skipped_phases", is_kubeadm_phase,
                  "must be a phase of kubeadm init, such as addon/coredns");
}

bool is_apt_source(std::string_view text) {
  constexpr std::size_t kMaxAptSource = 1024;
  return text.substr(0, 4) == "deb " && is_plain_text(text, kMaxAptSource) &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void take_platforms(const PlatformConfig& platform, KubernetesSettings& settings) {
  if (settings.image_style == ImageStyle::Platform) {
    settings.image_style = platform.image_style;
    settings.apt_source = platform.apt_source;
  }
  if (settings.image_style == ImageStyle::Platform) settings.image_style = ImageStyle::Baked;
  ImageQuirks& quirks = settings.image_quirks;
  base::fill_defaults(quirks, platform.image_quirks);
  if (quirks.cgroup_driver == CgroupDriver::Platform) quirks.cgroup_driver = CgroupDriver::Systemd;
}

}  // namespace mex::cluster
