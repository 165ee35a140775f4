#pragma once

#include <chrono>

namespace mex::base {

// Pauses between attempts that double from `first` to `max`.
struct Backoff {
  std::chrono::milliseconds first;
  std::chrono::milliseconds max;
  // Keeps callers that failed together from coming again together: a jitter of 1 makes the pause
  // longer by this share of it, or shorter if it is negative (at least -1).
  double spread = 0;
};

// The pause after so many failed attempts in a row (less than 1 counts as 1), with a jitter of
// 0 to 1 that the caller draws: at random, or from a seed so that it is reproducible.
std::chrono::milliseconds pause_after(int failures, const Backoff& backoff, double jitter = 0);

// A random jitter. Thread-safe.
double random_jitter();

}  // namespace mex::base
