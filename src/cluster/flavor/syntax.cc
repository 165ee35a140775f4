#include "cluster/flavor/syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <optional>

#include "base/dns_name.h"
#include "base/ipv4.h"
#include "base/status.h"

namespace mex::cluster {
namespace {

constexpr std::size_t kMaxCloudName = 255;  // https://docs.openstack.org/api-ref/compute
constexpr std::size_t kMaxLabelPart = 63;
constexpr std::size_t kMaxUrl = 2048;
constexpr std::size_t kMaxPath = 4096;
constexpr std::size_t kMaxPreflightCheck = 255;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z') || is_digit(c); }

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c != 0x7f; });
}

std::optional<int> parse_number(std::string_view text, std::size_t longest) {
  if (text.empty() || text.size() > longest || (text.size() > 1 && text.front() == '0')) {
    return std::nullopt;
  }
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// The text up to `separator`, which is taken off with it; all of it if there is none.
std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view first = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return first;
}

// A label's name and its value have one form, but a value may be empty.
bool is_label_part(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLabelPart && is_alphanumeric(text.front()) &&
         is_alphanumeric(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
         });
}

bool is_or_ends_with(std::string_view domain, std::string_view parent) {
  if (domain == parent) return true;
  if (domain.size() <= parent.size()) return false;
  return domain.substr(domain.size() - parent.size()) == parent &&
         domain[domain.size() - parent.size() - 1] == '.';
}

bool is_host_and_port(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view host = text.substr(0, colon);
  if (!base::parse_ipv4(host) && !base::is_dns_name(host)) return false;
  if (colon == std::string_view::npos) return true;
  const auto port = parse_number(text.substr(colon + 1), 5);
  return port && *port >= 1 && *port <= 65535;
}

bool is_base64_line(std::string_view line) {
  return !line.empty() && std::all_of(line.begin(), line.end(), [](char c) {
    return is_alphanumeric(c) || c == '+' || c == '/' || c == '=';
  });
}

std::string_view take_line(std::string_view& text) {
  std::string_view line = take_until(text, '\n');
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  return line;
}

}  // namespace

bool is_label_key(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return is_label_part(text);
  return base::is_dns_subdomain(text.substr(0, slash)) && is_label_part(text.substr(slash + 1));
}

bool is_label_value(std::string_view text) { return text.empty() || is_label_part(text); }

bool is_label_of_node(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return true;
  const std::string_view prefix = key.substr(0, slash);
  if (is_or_ends_with(prefix, "kubelet.kubernetes.io") ||
      is_or_ends_with(prefix, "node.kubernetes.io")) {
    return true;
  }
  return !is_or_ends_with(prefix, "kubernetes.io") && !is_or_ends_with(prefix, "k8s.io");
}

bool is_taint_effect(std::string_view text) {
  return text == "NoSchedule" || text == "PreferNoSchedule" || text == "NoExecute";
}

bool is_http_url(std::string_view text) {
  if (text.size() > kMaxUrl || !is_visible(text)) return false;
  if (text.find_first_of("?#@\\\"'<>`{}|^$") != std::string_view::npos) return false;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (text.substr(0, scheme.size()) != scheme) continue;
    text.remove_prefix(scheme.size());
    return is_host_and_port(text.substr(0, text.find('/')));
  }
  return false;
}

bool is_absolute_path(std::string_view text) {
  if (text.size() < 2 || text.size() > kMaxPath || text.front() != '/' || !is_visible(text)) {
    return false;
  }
  text.remove_prefix(1);
  if (text.back() == '/') return false;
  while (!text.empty()) {
    const std::string_view segment = take_until(text, '/');
    if (segment.empty() || segment == "." || segment == "..") return false;
  }
  return true;
}

bool is_argument_name(std::string_view text) {
  return base::is_dns_label(text, base::kMaxDnsLabel) && is_lower(text.front());
}

bool is_preflight_check(std::string_view text) {
  if (text.empty() || text.size() > kMaxPreflightCheck) return false;
  return is_alphanumeric(text.front()) && !is_digit(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_kubeadm_phase(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view phase = text.substr(0, slash);
  if (!base::is_dns_label(phase, base::kMaxDnsLabel)) return false;
  return slash == std::string_view::npos ||
         base::is_dns_label(text.substr(slash + 1), base::kMaxDnsLabel);
}

bool is_plain_text(std::string_view text, std::size_t longest) {
  if (text.size() > longest) return false;
  if (!text.empty() && (text.front() == ' ' || text.back() == ' ')) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; });
}

bool is_cloud_name(std::string_view text) { return is_plain_text(text, kMaxCloudName); }

absl::Status check_cloud_name(std::string_view text, std::string_view field) {
  if (is_cloud_name(text)) return absl::OkStatus();
  return base::field_error(
      field, fmt::format("must be at most {} bytes without control characters", kMaxCloudName));
}

bool is_certificate_bundle(std::string_view text) {
  // Every certificate is a DER SEQUENCE with a length of two bytes: 0x30 0x82.
  constexpr std::string_view kFirst = "MII";
  std::size_t certificates = 0;
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (line.empty() && certificates > 0) continue;
    if (line != "-----BEGIN CERTIFICATE-----" || text.substr(0, kFirst.size()) != kFirst) {
      return false;
    }
    std::size_t characters = 0;
    for (line = take_line(text); is_base64_line(line); line = take_line(text)) {
      characters += line.size();
    }
    if (line != "-----END CERTIFICATE-----" || characters % 4 != 0) return false;
    ++certificates;
  }
  return certificates > 0;
}

}  // namespace mex::cluster
