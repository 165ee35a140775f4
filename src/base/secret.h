#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace mex::base {

// A password, token or key. It has no text form, so it cannot be logged, listed or streamed by
// accident: code that needs the bytes calls reveal(). The memory is wiped on destruction.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&&) noexcept = default;
  Secret& operator=(const Secret&) = default;
  Secret& operator=(Secret&&) noexcept = default;
  ~Secret();

  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

// Equal, in time that does not depend on where the first difference is.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace mex::base
