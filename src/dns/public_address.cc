#include "dns/public_address.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/freed.h"
#include "base/ipv4.h"
#include "base/ipv6.h"
#include "base/json_text.h"
#include "base/status.h"
#include "http_client/client.h"

namespace mex::dns {
namespace {

using InterfaceList = std::unique_ptr<ifaddrs, base::Freed<freeifaddrs>>;

// https://www.iana.org/assignments/iana-ipv4-special-registry, not globally reachable; and class D
// and E.
constexpr std::array<std::string_view, 15> kNotPublic = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4"};

bool is_public_ipv4(base::Ipv4 address) {
  return std::none_of(kNotPublic.begin(), kNotPublic.end(), [&](std::string_view block) {
    return base::parse_ipv4_block(block)->contains(address);
  });
}

// Global unicast (RFC 4291 section 2.4, as assigned: 2000::/3) without documentation (RFC 3849) and
// the tunnels of old.
bool is_public_ipv6(const base::Ipv6Bytes& bytes) {
  if ((bytes[0] & 0xE0U) != 0x20) return false;
  const bool is_2001 = bytes[0] == 0x20 && bytes[1] == 0x01;
  const bool is_documentation = is_2001 && bytes[2] == 0x0D && bytes[3] == 0xB8;
  const bool is_special = is_2001 && bytes[2] < 0x02;  // 2001::/23
  const bool is_6to4 = bytes[0] == 0x20 && bytes[1] == 0x02;
  return !is_documentation && !is_special && !is_6to4;
}

absl::StatusOr<http_client::Response> ask_metadata(std::string url,
                                                   const base::CallLimits& limits) {
  constexpr std::chrono::seconds kDeadline{5};
  http_client::Options options;
  options.use_environment_proxy = false;
  http_client::Client client(std::move(options));
  http_client::Request request;
  request.url = std::move(url);
  request.limits = base::within(kDeadline, limits);
  // The document holds the user's own metadata, too.
  request.max_response_bytes = std::size_t{1} << 20U;
  return client.send(request);
}

// RFC 4122 section 3. It becomes part of a query.
bool is_uuid(std::string_view text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), [](char c, char form) {
    return form == '-' ? c == '-' : std::isxdigit(static_cast<unsigned char>(c)) != 0;
  });
}

absl::StatusOr<std::vector<std::string>> floating_addresses(const AddressSources& sources,
                                                            const base::CallLimits& limits) {
  if (sources.floating == nullptr) {
    return base::error(absl::StatusCode::kNotFound, "no OpenStack is configured");
  }
  MEX_ASSIGN_OR_RETURN(const std::string server, metadata_server_id(sources.metadata_url, limits));
  return sources.floating(server, limits);
}

std::string text_of(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes = nullptr;
  if (address->sa_family == AF_INET) {
    bytes = &reinterpret_cast<const sockaddr_in*>(address)->sin_addr;
  } else if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    if (IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr)) return "";
    bytes = &v6->sin6_addr;
  }
  const bool is_ip =
      bytes != nullptr && inet_ntop(address->sa_family, bytes, text.data(), text.size()) != nullptr;
  return is_ip ? text.data() : "";
}

}  // namespace

bool is_public(std::string_view address) {
  if (const auto v4 = base::parse_ipv4(address)) return is_public_ipv4(*v4);
  const auto v6 = base::parse_ipv6(address);
  return v6 && is_public_ipv6(*v6);
}

absl::StatusOr<std::vector<std::string>> interface_addresses(const std::string& interface) {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return base::errno_status(errno, "addresses of interfaces");
  const InterfaceList list(first);
  std::vector<std::string> addresses;
  for (const ifaddrs* each = first; each != nullptr; each = each->ifa_next) {
    if (each->ifa_addr == nullptr || (each->ifa_flags & IFF_UP) == 0) continue;
    std::string address = text_of(each->ifa_addr);
    const bool is_wanted = interface.empty() ? is_public(address) : interface == each->ifa_name;
    if (!address.empty() && is_wanted) addresses.push_back(std::move(address));
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  if (!addresses.empty()) return addresses;
  if (interface.empty()) {
    return base::error(absl::StatusCode::kNotFound, "no interface has a public address");
  }
  return base::error(absl::StatusCode::kNotFound, "interface {} is not there, or has no address",
                     base::quoted(interface));
}

absl::StatusOr<std::vector<std::string>> metadata_addresses(const std::string& url,
                                                            const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(const http_client::Response response,
                       ask_metadata(url + "/latest/meta-data/public-ipv4", limits));
  std::string address = response.body;
  while (!address.empty() && (address.back() == '\n' || address.back() == ' ')) address.pop_back();
  if (response.status != 200 || !base::parse_ipv4(address)) {
    return base::error(absl::StatusCode::kNotFound,
                       "the metadata service knows no floating address of this machine");
  }
  return std::vector<std::string>{address};
}

// https://docs.openstack.org/nova/latest/user/metadata.html, OpenStack format.
absl::StatusOr<std::string> metadata_server_id(const std::string& url,
                                               const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(const http_client::Response response,
                       ask_metadata(url + "/openstack/latest/meta_data.json", limits));
  const auto document = nlohmann::json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (response.status == 200 && document.is_object()) {
    const auto id = document.find("uuid");
    if (id != document.end() && id->is_string() && is_uuid(id->get_ref<const std::string&>())) {
      return id->get<std::string>();
    }
  }
  return base::error(absl::StatusCode::kNotFound,
                     "the metadata service does not say which server this machine is");
}

absl::StatusOr<std::vector<std::string>> public_addresses(const AddressSources& sources,
                                                          const base::CallLimits& limits) {
  if (!sources.configured.empty()) return sources.configured;
  auto of_interface = sources.interfaces(sources.interface);
  if (of_interface.ok() || !sources.interface.empty()) return of_interface;
  auto of_metadata = metadata_addresses(sources.metadata_url, limits);
  if (of_metadata.ok()) return of_metadata;
  // Without a metadata service it is not known which server this is.
  const bool has_service = of_metadata.status().code() == absl::StatusCode::kNotFound;
  auto floating = has_service ? floating_addresses(sources, limits) : of_metadata;
  if (floating.ok()) return floating;
  return base::error(absl::StatusCode::kNotFound,
                     "this machine's public address is not known: {}; {}{}; -public_address says "
                     "it",
                     base::message_of(of_interface.status()),
                     base::message_of(of_metadata.status()),
                     has_service ? fmt::format("; {}", base::message_of(floating.status())) : "");
}

}  // namespace mex::dns
