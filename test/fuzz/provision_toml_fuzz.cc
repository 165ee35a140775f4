// The operator's toml file. Promises: what is refused is refused in one line that names the file
// and a line of it; what is accepted has only addresses where addresses are meant, none of them
// twice, and nothing for kubeadm that a flavor could not say.

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/ipv4.h"
#include "base/status.h"
#include "cluster/flavor/image_settings.h"
#include "cluster/flavor/platform_config.h"
#include "oracle.h"

namespace {

using namespace mex::cluster;

void check_refusal(const absl::Status& status) {
  const std::string_view message = mex::base::message_of(status);
  require(message.substr(0, 7) == "x.toml:", "a refusal names the file");
  require(message.find('\n') == std::string_view::npos, "a refusal is one line");
  require(message.size() > 8 && message[7] >= '0' && message[7] <= '9', "a refusal names the line");
}

void check_addresses(const PlatformConfig& config) {
  std::set<std::string> nodes;
  for (const auto* addresses : {&config.master_addresses, &config.worker_addresses}) {
    for (const std::string& address : *addresses) {
      require(mex::base::parse_ipv4(address).has_value(), "nodes have addresses");
      require(nodes.insert(address).second, "no address is there twice");
    }
  }
  for (const std::string& address : {config.proxy_address, config.master_address}) {
    require(address.empty() || mex::base::parse_ipv4(address).has_value(),
            "other addresses are addresses");
  }
}

void check_images(const PlatformConfig& config) {
  require((config.image_style == ImageStyle::Packages) == is_apt_source(config.apt_source),
          "packages have a source, and nothing else has");
  require(!fault_of(config.image_quirks), "quirks are known to kubeadm");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = parse_platform_toml(text, "x.toml");
  if (read.ok()) {
    check_addresses(read->config);
    check_images(read->config);
  } else {
    check_refusal(read.status());
  }
  return 0;
}
