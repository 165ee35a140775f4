// Any bytes as a clouds.yaml, a clouds-public.yaml or a vendor's file: an entry that can be merged
// into settings, or an error that names the file; never an exception, never without an end.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/status.h"
#include "openstack/settings/clouds_yaml.h"
#include "oracle.h"

namespace {

using mex::openstack::CloudEntry;

void check(absl::StatusOr<CloudEntry> entry) {
  if (!entry.ok()) {
    require(mex::base::message_of(entry.status()).starts_with("clouds.yaml"),
            "the error does not name the file");
    return;
  }
  for (const std::string_view region : {"", "one"}) {
    const auto as_profile = mex::openstack::merge_cloud(*entry, CloudEntry(), region);
    auto settings = mex::openstack::merge_cloud(CloudEntry(), *entry, region);
    require(as_profile.ok() == settings.ok(), "a profile is no worse than an entry");
    if (!settings.ok()) continue;
    require(region.empty() || settings->get("region_name") == region, "not the region asked for");
    require(settings->get("<<").empty(), "a merge key is no setting");
    // Files that the input names are not read.
    for (const std::string_view key : {"cacert", "verify", "cert", "key"}) {
      settings->values.erase(std::string(key));
    }
    const auto config = mex::openstack::config_from_settings(*settings);
    require(!config.ok() || config->auth_url.ends_with("/v3"), "not a URL of Keystone v3");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string_view cloud : {"", "one"}) {
    auto entry = mex::openstack::parse_clouds_yaml(text, "clouds.yaml", cloud);
    require(!entry.ok() || cloud.empty() || entry->cloud == cloud, "not the cloud asked for");
    check(std::move(entry));
    check(mex::openstack::parse_clouds_public_yaml(text, "clouds.yaml", cloud));
  }
  check(mex::openstack::parse_vendor_profile(text, "clouds.yaml"));
  return 0;
}
