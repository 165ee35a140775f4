#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace mex::base {

void check_failed(const char* file, int line, const char* expression, std::string_view message) {
  std::fprintf(stderr, "%s:%d: %.*s (%s)\n", file, line, static_cast<int>(message.size()),
               message.data(), expression);
  std::abort();
}

}  // namespace mex::base
