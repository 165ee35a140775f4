#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

// What a fuzz target does when the program under test broke a promise: the run ends, and libFuzzer
// keeps the input that did it.
inline void require(bool holds, std::string_view promise) {
  if (holds) return;
  std::fprintf(stderr, "broken promise: %.*s\n", static_cast<int>(promise.size()), promise.data());
  std::abort();
}
