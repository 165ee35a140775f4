// Any bytes as a clouds.yaml: an entry, or an error that names the file; never an exception.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "openstack/clouds_yaml.h"
#include "oracle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const std::string_view cloud : {"", "one"}) {
    const auto entry = mex::openstack::parse_clouds_yaml(text, "clouds.yaml", cloud);
    if (entry.ok()) {
      require(cloud.empty() || entry->cloud == cloud, "not the cloud that was asked for");
      const auto config = mex::openstack::config_from_settings(entry->settings);
      require(!config.ok() || config->auth_url.ends_with("/v3"), "not a URL of Keystone v3");
    } else {
      require(mex::base::message_of(entry.status()).starts_with("clouds.yaml"),
              "the error does not name the file");
    }
  }
  return 0;
}
