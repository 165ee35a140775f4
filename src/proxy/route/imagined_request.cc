#include "proxy/route/imagined_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/status.h"
#include "http/characters.h"
#include "http/uri.h"
#include "proxy/route/missing_slash.h"

namespace mex::proxy::route {
namespace {

constexpr std::size_t kMaxUrlLength = 8000;  // a request line has room for 8192 bytes

struct UrlParts {
  std::string_view host;
  std::string_view target;
};

absl::StatusOr<UrlParts> split_url(std::string_view url) {
  const bool is_printable =
      std::all_of(url.begin(), url.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!is_printable || url.size() > kMaxUrlLength) {
    return base::field_error("url", fmt::format("must have no white space, control or non-ASCII "
                                                "characters and at most {} bytes",
                                                kMaxUrlLength));
  }
  if (url.starts_with('/')) return UrlParts{{}, url};
  const bool has_scheme = http::starts_with_ignoring_case(url, "http://") ||
                          http::starts_with_ignoring_case(url, "https://");
  if (!has_scheme) {
    return base::field_error("url",
                             "must begin with https://, http:// or a slash: "
                             "\"https://www.example.com/shop?x=1\"");
  }
  url.remove_prefix(url.find("://") + 3);
  const std::size_t path = std::min(url.find_first_of("/?"), url.size());
  return UrlParts{url.substr(0, path), url.substr(path)};
}

}  // namespace

absl::StatusOr<std::unique_ptr<const ImaginedRequest>> ImaginedRequest::create(
    const ImaginedRequestSpec& spec) {
  std::unique_ptr<ImaginedRequest> request(new ImaginedRequest);
  MEX_RETURN_IF_ERROR(request->parse(spec));
  return std::unique_ptr<const ImaginedRequest>(std::move(request));
}

absl::Status ImaginedRequest::parse(const ImaginedRequestSpec& spec) {
  const std::string_view method = spec.method.empty() ? "GET" : std::string_view(spec.method);
  if (!std::all_of(method.begin(), method.end(), http::is_method_byte)) {
    return base::field_error("method", "must be a method in capital letters: GET");
  }
  MEX_ASSIGN_OR_RETURN(const UrlParts url, split_url(spec.url));
  const bool lacks_path = !url.target.starts_with('/');
  text_ = fmt::format("{} {}{} HTTP/1.1\r\nHost: {}\r\n", method, lacks_path ? "/" : "", url.target,
                      url.host.empty() ? "none.invalid" : url.host);
  for (std::size_t i = 0; i < spec.headers.size(); ++i) {
    const auto& [name, value] = spec.headers[i];
    if (!http::is_token(name) || http::equals_ignoring_case(name, "Host")) {
      return base::field_error(fmt::format("headers[{}].name", i),
                               "must be the name of a header other than Host, which the URL names");
    }
    if (http::find_non_value_byte(value) != http::kNotFound) {
      return base::field_error(fmt::format("headers[{}].value", i),
                               "must have no control characters");
    }
    text_ += fmt::format("{}: {}\r\n", name, value);
  }
  text_ += "\r\n";
  const http::ParseOutcome outcome = parser_.feed(text_);
  if (outcome.state != http::ParseOutcome::State::Complete) {
    return base::field_error("url", "and headers together are no request that the proxy reads");
  }
  const http::RequestHead& head = parser_.head();
  path_.resize(head.path.size());
  const http::NormalPath normal = http::normalize_path(head.path, path_, http::Slashes::Kept);
  if (normal.fault != http::PathFault::None) {
    return base::field_error("url", http::to_string(normal.fault));
  }
  path_ = std::string(normal.path);
  merged_.resize(path_.size());
  merged_ = std::string(http::merge_slashes(path_, merged_));
  routed_ = {.path = merged_,
             .host = url.host.empty() ? std::string_view() : head.host.host,
             .method = head.method_text,
             .query = head.query,
             .headers = &head.headers,
             .is_trusted = spec.is_trusted};
  return absl::OkStatus();
}

std::string ImaginedRequest::origin_url(const Route& route) const {
  const http::RequestHead& head = parser_.head();
  std::string path = path_;
  const std::string& rewrite = route.action().path_rewrite();
  const bool is_rewritten =
      rewrite.empty() || route.pattern().regex().rewrite(merged_, rewrite, kNoShard, path);
  if (!is_rewritten) return {};
  const RequestTarget target{path, head.query, head.has_query};
  std::string space(rewritten_size(route, target), '\0');
  return route.origin_key() + std::string(rewrite_target(route, target, space));
}

Destination ImaginedRequest::destination(const Match& match) const {
  if (match.route == nullptr) return {};
  const http::RequestHead& head = parser_.head();
  if (match.redirect_to_slash) {
    return {Outcome::Redirect, missing_slash_status(head.method),
            with_missing_slash(merged_, head.has_query, head.query)};
  }
  const Action& action = match.route->action();
  if (action.leads_to_origin()) {
    std::string url = origin_url(*match.route);
    // Else the path is rewritten to what is no path.
    if (!url.empty()) return {Outcome::Origin, 0, std::move(url)};
    return {Outcome::Answer, 400, ""};
  }
  if (action.answer()) return {Outcome::Answer, action.answer()->status, ""};
  Destination sent{Outcome::Redirect, action.redirect()->status, ""};
  const LocationParts parts{.host = routed_.host,
                            .is_ipv6 = head.host.is_ipv6,
                            .path = merged_,
                            .prefix = match.route->public_prefix(),
                            .query = head.query,
                            .has_query = head.has_query};
  if (!action.redirect()->location.expand(parts, sent.url)) return {Outcome::Redirect, 400, ""};
  return sent;
}

}  // namespace mex::proxy::route
