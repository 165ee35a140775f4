#include "certificates/plain_http.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/file.h"

namespace mex::certificates {
namespace {

constexpr std::size_t kMaxToken = 256;
constexpr std::size_t kMaxAnswer = 4096;
constexpr std::uint16_t kHttpsPort = 443;

// RFC 8555 section 8.1: base64url without padding. So it is no path, either.
bool is_token(std::string_view text) {
  const bool is_plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '_';
  });
  return is_plain && !text.empty() && text.size() <= kMaxToken;
}

bool is_safe(http::Method method) {
  return method == http::Method::Get || method == http::Method::Head;
}

}  // namespace

PlainHttp::PlainHttp(std::string webroot, std::uint16_t https_port)
    : webroot_(std::move(webroot)),
      https_port_(https_port),
      challenges_(metrics::counter("mex_acme_http_challenges_total",
                                   "HTTP challenges of certificate authorities answered.")) {}

void PlainHttp::on_request(server::Exchange& exchange) {
  const std::string_view path = exchange.request().path;
  if (path.starts_with(kChallengePath) && is_safe(exchange.request().method)) {
    return answer_challenge(exchange, path.substr(kChallengePath.size()));
  }
  redirect(exchange);
}

void PlainHttp::answer_challenge(server::Exchange& exchange, std::string_view token) const {
  if (!is_token(token)) return server::respond_text(exchange, 404, "no such challenge");
  std::string file = webroot_;
  file += kChallengePath;
  file += token;
  const auto answer = base::read_file(file, kMaxAnswer);
  if (!answer.ok()) return server::respond_text(exchange, 404, "no such challenge");
  challenges_.add();
  const server::HeaderView type{"Content-Type", "application/octet-stream"};
  server::respond(exchange, 200, {&type, 1}, *answer);
}

void PlainHttp::redirect(server::Exchange& exchange) const {
  const http::RequestHead& request = exchange.request();
  if (request.host.host.empty() || request.target_form == http::TargetForm::Asterisk) {
    return server::respond_text(exchange, 400, "this is served by https");
  }
  std::string location = "https://";
  if (request.host.is_ipv6) location += '[';
  location += request.host.host;
  if (request.host.is_ipv6) location += ']';
  if (https_port_ != kHttpsPort) location += ":" + std::to_string(https_port_);
  location += request.path;
  if (request.has_query) {
    location += '?';
    location += request.query;
  }
  const server::HeaderView header{"Location", location};
  // RFC 9110 section 15.4.9: with 308 another method than GET stays what it is.
  server::respond(exchange, is_safe(request.method) ? 301 : 308, {&header, 1}, "");
}

}  // namespace mex::certificates
