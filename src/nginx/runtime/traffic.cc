#include "nginx/runtime/traffic.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

namespace mex::nginx {
namespace {

// As nginx writes it in $limit_conn_status and $limit_req_status.
constexpr std::string_view kRefused = "REJECTED";

std::string_view take_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

template <typename Number>
std::optional<Number> number_in(std::string_view word) {
  Number value = 0;
  const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  const bool whole = !word.empty() && error == std::errc() && stop == word.data() + word.size();
  return whole ? std::optional(value) : std::nullopt;
}

// As nginx writes it: "http", "TCP", "UDP".
std::string protocol_in(std::string_view word) {
  if (word == "TCP") return "tcp";
  if (word == "UDP") return "udp";
  return word == "http" ? "http" : "";
}

}  // namespace

bool count_session(std::string_view line, Traffic& traffic) {
  const auto port = number_in<std::uint16_t>(take_word(line));
  std::string protocol = protocol_in(take_word(line));
  const auto status = number_in<unsigned>(take_word(line));
  const auto received = number_in<std::uint64_t>(take_word(line));
  const auto sent = number_in<std::uint64_t>(take_word(line));
  if (!port || protocol.empty() || !status || *status < 100 || *status > 599 || !received ||
      !sent) {
    return false;
  }
  PortTraffic& counted = traffic[{*port, std::move(protocol)}];
  ++counted.ended[*status / 100 - 1];
  take_word(line);  // how long it took
  if (line.find(kRefused) != std::string_view::npos) ++counted.refused;
  counted.received_bytes += *received;
  counted.sent_bytes += *sent;
  return true;
}

}  // namespace mex::nginx
