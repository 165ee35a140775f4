#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mex::proxy::route {

// What a request gives to the place that its client is sent to.
struct LocationParts {
  std::string_view host{};  // without port; IPv6 without brackets
  bool is_ipv6 = false;
  std::string_view path{};    // in normal form, its runs of '/' merged: it begins with one '/'
  std::string_view prefix{};  // of `path`: the route's own path, without a slash at its end
  std::string_view query{};   // as sent, without '?'
  bool has_query = false;
};

// Where the client of a redirect is sent: a URL or an absolute path in which {host}, {path}, {rest}
// and {query} stand for what was asked. Whatever they are, the result leads where the text says: a
// host is {host} or the text's own, and what is put in begins with one slash, so that a path cannot
// become a host ("//evil.example").
class LocationTemplate {
 public:
  // InvalidArgument says what is wrong with `text` and what would be right.
  static absl::StatusOr<LocationTemplate> parse(std::string_view text);

  const std::string& text() const { return text_; }
  // Appends the place to `out`; false if it needs a host and the request has none.
  bool expand(const LocationParts& parts, std::string& out) const;

 private:
  enum class Kind { Text, Host, Path, Rest, Query };
  struct Piece {
    Kind kind = Kind::Text;
    std::string text{};
  };

  static absl::StatusOr<std::vector<Piece>> split(std::string_view text);
  static absl::Status check_pieces(const std::vector<Piece>& pieces);
  static absl::Status check_origin(const std::vector<Piece>& pieces);

  std::string text_;
  std::vector<Piece> pieces_;
};

}  // namespace mex::proxy::route
