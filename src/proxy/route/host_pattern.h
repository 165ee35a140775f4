#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace mex::proxy::route {

// A checked host of a route: a name ("www.example.com"), all names below one ("*.example.com"), or
// any host at all (""). Compared without regard to case, port and a dot at the end.
class HostPattern {
 public:
  HostPattern() = default;  // any host

  // InvalidArgument says what is wrong with `text` and what would be right.
  static absl::StatusOr<HostPattern> parse(std::string_view text);

  bool is_any() const { return name_.empty(); }
  // One or more labels stand left of name(); name() itself is not meant.
  bool is_wildcard() const { return is_wildcard_; }
  // In lower case, without "*.".
  const std::string& name() const { return name_; }
  // "*.example.com", in lower case; empty for any host.
  std::string to_string() const { return is_wildcard_ ? "*." + name_ : name_; }

  bool operator==(const HostPattern&) const = default;

 private:
  HostPattern(std::string name, bool is_wildcard)
      : name_(std::move(name)), is_wildcard_(is_wildcard) {}

  std::string name_;
  bool is_wildcard_ = false;
};

// A request's host as it is compared: without the dot that ends an absolute name. Its case is left.
std::string_view without_root_dot(std::string_view host);

}  // namespace mex::proxy::route
