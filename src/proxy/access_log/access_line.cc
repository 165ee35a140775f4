#include "proxy/access_log/access_line.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <iterator>
#include <string_view>

#include "base/json_text.h"
#include "base/utf8.h"
#include "http/known_header.h"
#include "proxy/client_address.h"

namespace mex::proxy {
namespace {

using http::KnownHeader;

// Bytes of text of which each becomes six at most ("\u0001").
constexpr std::size_t kMaxPath = 2048;
constexpr std::size_t kMaxQuery = 2048;
constexpr std::size_t kMaxReferer = 1024;
constexpr std::size_t kMaxText = 512;
constexpr std::string_view kCut = "…";

// The text that fits, without half a character at its end.
std::string_view beginning_of(std::string_view text, std::size_t size) {
  std::string_view beginning = text.substr(0, size);
  for (std::size_t i = 1; i <= 3 && i < beginning.size(); ++i) {
    const std::string_view end = text.substr(size - i);
    const std::size_t length = base::utf8_sequence_length(end);
    if (length > i) return beginning.substr(0, size - i);
    if (length > 0) break;
  }
  return beginning;
}

class Line {
 public:
  explicit Line(std::string& out) : out_(out) {}

  void text(std::string_view name, std::string_view value, std::size_t max = kMaxText) {
    if (value.empty()) return;
    begin(name);
    if (value.size() <= max) return base::append_json_string(out_, value);
    base::append_json_string(out_, beginning_of(value, max));
    out_.pop_back();
    out_ += kCut;
    out_ += '"';
  }
  void number(std::string_view name, std::uint64_t value) {
    begin(name);
    fmt::format_to(std::back_inserter(out_), "{}", value);
  }
  void milliseconds(std::string_view name, std::optional<AccessTimes::Duration> value) {
    if (!value) return;
    begin(name);
    const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(*value).count();
    fmt::format_to(std::back_inserter(out_), "{}.{:03}", microseconds / 1000, microseconds % 1000);
  }
  void time(base::WallTime value) {
    begin("time");
    const auto day = std::chrono::floor<std::chrono::days>(value);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(value - day);
    fmt::format_to(std::back_inserter(out_), "\"{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z\"",
                   static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                   static_cast<unsigned>(date.day()), clock.hours().count(),
                   clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
  }
  void end() { out_ += "}\n"; }

 private:
  void begin(std::string_view name) {
    out_ += is_first_ ? '{' : ',';
    is_first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }

  std::string& out_;
  bool is_first_ = true;
};

// "https://user:password@host/path?secret" is logged in two pieces, without what is between them.
void append_referer(Line& line, std::string_view referer, bool has_query) {
  if (!has_query) referer = referer.substr(0, referer.find_first_of("?#"));
  const std::size_t slashes = referer.find("//");
  const std::size_t authority = slashes == std::string_view::npos ? 0 : slashes + 2;
  const std::size_t path = std::min(referer.find_first_of("/?#", authority), referer.size());
  const std::size_t user = referer.substr(0, path).rfind('@');
  const bool has_user = user != std::string_view::npos && user >= authority;
  line.text("referer", has_user ? referer.substr(user + 1) : referer, kMaxReferer);
}

void append_request(Line& line, const http::RequestHead& request, bool has_query) {
  line.text("method", request.method_text);
  line.text("host", request.host_text);
  line.text("path", request.path, kMaxPath);
  if (has_query) line.text("query", request.query, kMaxQuery);
}

}  // namespace

void append_access_line(std::string& out, const AccessEntry& entry, bool has_query) {
  Line line(out);
  line.time(entry.time);
  line.text("request_id", entry.request_id);
  line.text("trace_id", entry.trace_id);
  if (!entry.client.empty()) {
    AddressSpace space;
    line.text("client", ip_text(entry.client, space));
    line.number("client_port", entry.client.port());
  }
  line.text("protocol", entry.protocol);
  line.text("tls_version", entry.tls_version);
  line.text("tls_cipher", entry.tls_cipher);
  line.text("server_name", entry.server_name);
  if (entry.request != nullptr) append_request(line, *entry.request, has_query);
  line.text("route", entry.route);
  line.text("origin", entry.origin);
  if (entry.status != 0) line.number("status", static_cast<std::uint64_t>(entry.status));
  line.text("error", entry.error);
  line.text("reason", entry.reason);
  line.number("bytes_in", entry.bytes_in);
  line.number("bytes_out", entry.bytes_out);
  line.milliseconds("connect_ms", entry.times.connect);
  line.milliseconds("first_byte_ms", entry.times.first_byte);
  line.milliseconds("total_ms", entry.times.total);
  if (entry.retries > 0) line.number("retries", entry.retries);
  if (entry.request != nullptr) {
    line.text("user_agent", entry.request->headers.value(KnownHeader::UserAgent));
    append_referer(line, entry.request->headers.value(KnownHeader::Referer), has_query);
  }
  line.end();
}

}  // namespace mex::proxy
