#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/record.h"

namespace mex::proxy::route {

struct HeaderValue {
  std::string name;
  std::string value;

  bool operator==(const HeaderValue&) const = default;
};

constexpr auto fields_of(const HeaderValue*) {
  using T = HeaderValue;
  return base::fields(base::field("name", &T::name), base::field("value", &T::value));
}

// What a route makes of the header fields of a message, as an operator writes it.
struct HeaderChangeSpec {
  std::vector<HeaderValue> set;     // in place of all fields of the name
  std::vector<HeaderValue> add;     // beside them
  std::vector<std::string> remove;  // names

  bool operator==(const HeaderChangeSpec&) const = default;
};

constexpr auto fields_of(const HeaderChangeSpec*) {
  using T = HeaderChangeSpec;
  return base::fields(base::optional_field("set", &T::set), base::optional_field("add", &T::add),
                      base::optional_field("remove", &T::remove));
}

inline constexpr std::size_t kMaxHeaderChanges = 32;  // of each message

// Checked: it touches nothing that says where a message ends, that belongs to one connection, or
// that is the agent's own word. Immutable; allocates nothing once it is made.
class HeaderChanges {
 public:
  enum class Message { Request, Response };

  HeaderChanges() = default;  // none
  // InvalidArgument, with the field that is at fault ("set[0].name") in its detail.
  static absl::StatusOr<HeaderChanges> create(HeaderChangeSpec spec, Message message);

  const HeaderChangeSpec& spec() const { return spec_; }
  bool is_empty() const { return added_.empty() && dropped_.empty(); }
  // Whether a field of the message does not go on.
  bool drops(std::string_view name) const;
  // What comes after the others.
  const std::vector<HeaderValue>& added() const { return added_; }
  // Bytes of a head that they need at most.
  std::size_t added_size() const;

 private:
  HeaderChangeSpec spec_;
  std::vector<HeaderValue> added_;
  std::vector<std::string> dropped_;
};

}  // namespace mex::proxy::route
