#pragma once

// For states that no input can cause: never for anything that a peer, a file or a user can bring
// about. MEX_CHECK always ends the process with a message; MEX_DCHECK only in debug builds.

#include <string_view>

namespace mex::base {
[[noreturn]] void check_failed(const char* file, int line, const char* expression,
                               std::string_view message);
}  // namespace mex::base

#define MEX_CHECK(condition, message)                                       \
  do {                                                                      \
    if (!(condition)) [[unlikely]]                                          \
      ::mex::base::check_failed(__FILE__, __LINE__, #condition, (message)); \
  } while (false)

#ifdef NDEBUG
#define MEX_DCHECK(condition, message) \
  do {                                 \
    if (false) {                       \
      MEX_CHECK(condition, message);   \
    }                                  \
  } while (false)
#else
#define MEX_DCHECK(condition, message) MEX_CHECK(condition, message)
#endif
