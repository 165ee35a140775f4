#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mex::api::transcoding {

// A value taken from the path for a field of the request: {"tenant", "tenant-1"}.
struct Binding {
  std::string field;  // may be a path into nested messages: "cluster.name"
  std::string value;  // percent-decoded

  bool operator==(const Binding&) const = default;
};

// A path template of google.api.http, with the grammar given there (google/api/http.proto):
//
//   Template = "/" Segments [ Verb ]      Segments = Segment { "/" Segment }
//   Segment  = "*" | "**" | LITERAL | Variable
//   Variable = "{" FieldPath [ "=" Segments ] "}"      Verb = ":" LITERAL
//
// "**" may only stand at the end. Immutable.
class PathTemplate {
 public:
  static absl::StatusOr<PathTemplate> parse(std::string_view text);

  // The bindings if `path` (as it was sent: no query, still percent-encoded) fits. A variable of
  // one segment is decoded whole; one of several keeps %2F, which is not a separator (http.proto,
  // "Path template syntax"). A malformed escape does not fit.
  std::optional<std::vector<Binding>> match(std::string_view path) const;

  const std::string& text() const { return text_; }
  std::vector<std::string> fields() const;

  // Whether this template is to be tried before `other`: a verb before none, then from the left a
  // literal before "*" before "**".
  bool more_specific_than(const PathTemplate& other) const;

 private:
  enum class Kind { Literal, AnySegment, AnyRest };
  struct Segment {
    Kind kind;
    std::string literal;
  };
  struct Variable {
    std::string field;
    std::size_t begin;  // segments [begin, end)
    std::size_t end;
  };
  class Parser;

  bool segments_fit(const std::vector<std::string_view>& parts) const;

  std::string text_;
  std::vector<Segment> segments_;
  std::vector<Variable> variables_;
  std::string verb_;
};

// Decodes percent-encoding (RFC 3986 2.1); `keep_slash` leaves %2F as it is. Nothing if an escape
// is malformed or stands for NUL: stricter than the decoders of libcurl and gRPC, which pass both
// on.
std::optional<std::string> percent_decode(std::string_view text, bool keep_slash);

}  // namespace mex::api::transcoding
