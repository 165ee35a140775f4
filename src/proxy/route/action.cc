#include "proxy/route/action.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/status.h"
#include "http/characters.h"

namespace mex::proxy::route {
namespace {

constexpr std::array kRedirectStatuses = {301, 302, 303, 307, 308};
constexpr std::size_t kMaxBody = 16384;
constexpr std::size_t kMaxContentType = 256;

absl::StatusOr<Redirect> create_redirect(const RedirectSpec& spec) {
  const bool is_redirect = std::find(kRedirectStatuses.begin(), kRedirectStatuses.end(),
                                     spec.status) != kRedirectStatuses.end();
  if (!is_redirect)
    return base::field_error("redirect.status", "must be 301, 302, 303, 307 or 308");
  auto location = LocationTemplate::parse(spec.location);
  if (!location.ok()) {
    return base::field_error("redirect.location", base::message_of(location.status()));
  }
  return Redirect{spec.status, *std::move(location)};
}

// RFC 9110 sections 15.2, 15.3.5, 15.4.5: what has no body, or is no answer by itself.
absl::StatusOr<AnswerSpec> create_answer(AnswerSpec spec) {
  if (spec.status < 200 || spec.status > 599 || spec.status == 304) {
    return base::field_error("answer.status", "must be 200 to 599, and not 304");
  }
  if (spec.status == 204 && !spec.body.empty()) {
    return base::field_error("answer.body", "must be left out: an answer of 204 has none");
  }
  if (spec.body.size() > kMaxBody) {
    return base::field_error("answer.body", fmt::format("must have at most {} bytes", kMaxBody));
  }
  if (spec.content_type.empty()) spec.content_type = "text/plain; charset=utf-8";
  const std::string& type = spec.content_type;
  const bool is_type = type.size() <= kMaxContentType && type.find('/') != std::string::npos &&
                       http::find_non_value_byte(type) == http::kNotFound &&
                       http::trim_white_space(type) == type;
  if (!is_type) return base::field_error("answer.content_type", "must be a media type: text/html");
  return spec;
}

absl::StatusOr<HeaderChanges> create_changes(HeaderChangeSpec spec, const char* field,
                                             HeaderChanges::Message message) {
  auto changes = HeaderChanges::create(std::move(spec), message);
  if (changes.ok()) return changes;
  const base::ErrorDetail detail = base::detail_of(changes.status());
  // The message begins with the field.
  const std::string_view what = base::message_of(changes.status()).substr(detail.field.size() + 2);
  return base::field_error(fmt::format("{}.{}", field, detail.field), what);
}

}  // namespace

absl::StatusOr<Action> Action::create(ActionSpec spec) {
  Action action;
  if (spec.redirect && spec.answer) {
    return base::field_error("answer", "must be left out where there is a redirect");
  }
  if (spec.redirect) {
    MEX_ASSIGN_OR_RETURN(action.redirect_, create_redirect(*spec.redirect));
  }
  if (spec.answer) {
    MEX_ASSIGN_OR_RETURN(action.answer_, create_answer(*std::move(spec.answer)));
  }
  MEX_ASSIGN_OR_RETURN(action.request_headers_,
                       create_changes(std::move(spec.request_headers), "request_headers",
                                      HeaderChanges::Message::Request));
  MEX_ASSIGN_OR_RETURN(action.response_headers_,
                       create_changes(std::move(spec.response_headers), "response_headers",
                                      HeaderChanges::Message::Response));
  action.path_rewrite_ = std::move(spec.path_rewrite);
  action.origin_protocol_ = spec.origin_protocol;
  if (!action.leads_to_origin() && action.origin_protocol_ != OriginProtocol::Http1) {
    return base::field_error("origin_protocol", "must be left out: no origin is asked");
  }
  if (!action.leads_to_origin() && !action.path_rewrite_.empty()) {
    return base::field_error("path_rewrite", "must be left out: no origin is asked");
  }
  if (!action.leads_to_origin() && !action.request_headers_.is_empty()) {
    return base::field_error("request_headers", "must be left out: no origin is asked");
  }
  return action;
}

}  // namespace mex::proxy::route
