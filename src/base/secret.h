#pragma once

#include <string>
#include <string_view>

namespace mex::base {

// A password, token or key. It has no text form, so it cannot be logged, listed or streamed by
// accident: code that needs the bytes calls reveal(). The memory is wiped when it is given up: on
// destruction, by an assignment, and where a secret was moved away.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value);
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

// Equal, in time that does not depend on where the first difference is.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace mex::base
