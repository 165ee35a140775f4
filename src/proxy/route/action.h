#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/record.h"
#include "base/record_words.h"
#include "proxy/route/guard_spec.h"
#include "proxy/route/header_changes.h"
#include "proxy/route/location_template.h"
#include "proxy/route/mirror.h"

namespace mex::proxy::route {

// What a route does with a request, besides leading it to an origin, as an operator writes it.

struct RedirectSpec {
  int status = 302;      // 301, 302, 303, 307 or 308
  std::string location;  // a LocationTemplate

  bool operator==(const RedirectSpec&) const = default;
};

constexpr auto fields_of(const RedirectSpec*) {
  using T = RedirectSpec;
  return base::fields(base::field("status", &T::status), base::field("location", &T::location));
}

struct AnswerSpec {
  int status = 200;
  std::string body{};
  std::string content_type{};  // empty: plain text

  bool operator==(const AnswerSpec&) const = default;
};

constexpr auto fields_of(const AnswerSpec*) {
  using T = AnswerSpec;
  return base::fields(base::field("status", &T::status), base::optional_field("body", &T::body),
                      base::optional_field("content_type", &T::content_type));
}

// What is spoken with an origin.
enum class OriginProtocol : std::uint8_t {
  Http1,
  Http2,  // with TLS by ALPN, without by prior knowledge (RFC 9113 section 3.3)
  Auto,   // with TLS what the origin chooses, without HTTP/1.1
};
constexpr auto words_of(OriginProtocol) {
  return base::words<OriginProtocol>({{OriginProtocol::Http1, "http1"},
                                      {OriginProtocol::Http2, "http2"},
                                      {OriginProtocol::Auto, "auto"}});
}

struct ActionSpec {
  // One of them, or neither: then the route has an origin.
  std::optional<RedirectSpec> redirect{};
  std::optional<AnswerSpec> answer{};
  HeaderChangeSpec request_headers{};
  HeaderChangeSpec response_headers{};
  // Before any of them.
  GuardSpec guards{};
  // Beside the origin.
  std::optional<MirrorSpec> mirror{};
  // Of a regular expression: what its path becomes for the origin. Empty: it stays.
  std::string path_rewrite{};
  OriginProtocol origin_protocol = OriginProtocol::Http1;

  bool operator==(const ActionSpec&) const = default;
};

constexpr auto fields_of(const ActionSpec*) {
  using T = ActionSpec;
  return base::fields(
      base::optional_field("redirect", &T::redirect), base::optional_field("answer", &T::answer),
      base::optional_field("request_headers", &T::request_headers),
      base::optional_field("response_headers", &T::response_headers),
      base::optional_field("guards", &T::guards), base::optional_field("mirror", &T::mirror),
      base::optional_field("path_rewrite", &T::path_rewrite),
      base::optional_field("origin_protocol", &T::origin_protocol));
}

struct Redirect {
  int status;
  LocationTemplate location;
};

// Checked and immutable.
class Action {
 public:
  Action() = default;  // to the origin, with nothing changed
  // InvalidArgument, with the field that is at fault ("redirect.status") in its detail.
  static absl::StatusOr<Action> create(ActionSpec spec);

  bool leads_to_origin() const { return !redirect_ && !answer_; }
  const std::optional<Redirect>& redirect() const { return redirect_; }
  const std::optional<AnswerSpec>& answer() const { return answer_; }  // its content_type is set
  const HeaderChanges& request_headers() const { return request_headers_; }
  const HeaderChanges& response_headers() const { return response_headers_; }
  // Empty: paths stay. It fits the route's rule (check_rewrite).
  const std::string& path_rewrite() const { return path_rewrite_; }
  OriginProtocol origin_protocol() const { return origin_protocol_; }

 private:
  std::optional<Redirect> redirect_;
  std::optional<AnswerSpec> answer_;
  HeaderChanges request_headers_;
  HeaderChanges response_headers_;
  std::string path_rewrite_;
  OriginProtocol origin_protocol_ = OriginProtocol::Http1;
};

}  // namespace mex::proxy::route
