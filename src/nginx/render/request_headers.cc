#include "nginx/render/request_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "http/forwarding_headers.h"

namespace mex::nginx {
namespace {

// What nginx itself says truly, in the spelling of kForwardingHeaders.
constexpr std::array<std::string_view, 5> kSaid = {
    "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Real-IP"};

// Of one connection.
constexpr std::array<std::string_view, 6> kOfOneConnection = {
    "HTTP2-Settings",      "Keep-Alive",       "Proxy-Authenticate",
    "Proxy-Authorization", "Proxy-Connection", "Trailer"};
// nginx writes these itself; in other spellings they would pass.
constexpr std::array<std::string_view, 2> kFraming = {"Content-Length", "Transfer-Encoding"};

// All spellings of a name with '-' or '_' at each place; its own is the first one.
std::vector<std::string> spellings_of(std::string_view name) {
  std::vector<std::string> all{""};
  for (const char c : name) {
    const std::size_t count = all.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (c == '-') all.push_back(all[i] + '_');
      all[i] += c;
    }
  }
  return all;
}

bool is_one_of(std::string_view name, const auto& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string request_headers_text(const ResolvedInstance& instance) {
  const Instance& desired = instance.desired;
  std::string text =
      "    proxy_set_header Host $origin_host;\n"
      "    proxy_set_header X-Forwarded-For $client_address;\n"
      "    proxy_set_header X-Forwarded-Host $http_host;\n"
      "    proxy_set_header X-Forwarded-Port $server_port;\n"
      "    proxy_set_header X-Forwarded-Proto $scheme;\n"
      "    proxy_set_header X-Real-IP $client_address;\n";
  const bool only_reads = desired.leads_to_cluster() && desired.access != ApiAccess::Everything;
  if (only_reads) {
    // No user speaks for another, and no connection changes its protocol.
    text +=
        "    proxy_set_header Connection '';\n"
        "    proxy_set_header Impersonate-User '';\n"
        "    proxy_set_header Impersonate-Group '';\n"
        "    proxy_set_header Impersonate-Uid '';\n";
  } else {
    text +=
        "    proxy_set_header Connection $connection_to_origin;\n"
        "    proxy_set_header Upgrade $upgrade_to_origin;\n";
  }
  // The password is for the agent, not for the origin.
  if (desired.kind == Kind::KubernetesProxy) text += "    proxy_set_header Authorization '';\n";
  return text;
}

std::string dropped_headers_text() {
  std::string text = "# What clients do not say to an origin.\n";
  const auto drop = [&text](const auto& names, const auto& except) {
    for (const std::string_view name : names) {
      for (const std::string& spelling : spellings_of(name)) {
        if (is_one_of(spelling, except)) continue;
        text += fmt::format("proxy_set_header {} '';\n", spelling);
      }
    }
  };
  drop(http::kForwardingHeaders, kSaid);
  drop(kOfOneConnection, std::array<std::string_view, 0>());
  drop(kFraming, kFraming);
  return text;
}

}  // namespace mex::nginx
