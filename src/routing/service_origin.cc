#include "routing/service_origin.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/dns_name.h"
#include "base/json_text.h"
#include "base/status.h"
#include "http/origin_url.h"

namespace mex::routing {
namespace {

constexpr std::string_view kScheme = "k8s://";
constexpr std::size_t kMaxPortName = 15;  // RFC 6335 section 5.1
constexpr std::string_view kForm = "k8s://<tenant>/<cluster>/<namespace>/<service>[:port][/base]";

// Off the front of `rest`, up to the slash or its end.
std::string take_part(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('/'), rest.size());
  const std::string part(rest.substr(0, end));
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

bool is_port(std::string_view text) {
  const bool is_number = !text.empty() && std::all_of(text.begin(), text.end(),
                                                      [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) return base::is_dns_label(text, kMaxPortName);
  std::uint16_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && number != 0 && text.front() != '0';
}

absl::Status invalid(std::string_view what) {
  return base::error(absl::StatusCode::kInvalidArgument, "{}; it has to be of the form {}", what,
                     kForm);
}

}  // namespace

std::string ServiceOrigin::placeholder() const {
  return fmt::format("http://{}.{}.{}.{}{}", service.service, service.name_space, service.cluster,
                     service.tenant, base);
}

bool is_service_origin(std::string_view url) { return url.starts_with(kScheme); }

absl::StatusOr<ServiceOrigin> parse_service_origin(std::string_view url) {
  if (!is_service_origin(url)) return invalid("it does not begin with k8s://");
  std::string_view rest = url.substr(kScheme.size());
  ServiceOrigin origin;
  kubernetes::ServiceReference& service = origin.service;
  service.tenant = take_part(rest);
  service.cluster = take_part(rest);
  service.name_space = take_part(rest);
  std::string last = take_part(rest);
  if (const std::size_t colon = last.find(':'); colon != std::string::npos) {
    service.port = last.substr(colon + 1);
    last.resize(colon);
    if (!is_port(service.port)) {
      return invalid(fmt::format("the port {} is neither a number of 1 to 65535 nor a name",
                                 base::quoted(service.port)));
    }
  }
  service.service = std::move(last);
  const std::array parts{
      std::pair("tenant", &service.tenant), std::pair("cluster", &service.cluster),
      std::pair("namespace", &service.name_space), std::pair("service", &service.service)};
  for (const auto& [name, part] : parts) {
    if (base::is_dns_label(*part)) continue;
    return invalid(fmt::format("the {} {} is no name of a DNS label", name, base::quoted(*part)));
  }
  // The rules of a base are those of any other origin.
  auto with_base = http::parse_origin_url(fmt::format("http://x/{}", rest));
  if (!with_base.ok()) return with_base.status();
  origin.base = with_base->path;
  return origin;
}

}  // namespace mex::routing
