#include "base/secret.h"

#include <cstddef>
#include <cstring>

namespace mex::base {

Secret::~Secret() { explicit_bzero(value_.data(), value_.size()); }

bool constant_time_equal(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  }
  return difference == 0;
}

}  // namespace mex::base
