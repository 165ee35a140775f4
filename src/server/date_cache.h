#pragma once

#include <chrono>
#include <string_view>

#include "http/date.h"
#include "net/event_loop.h"

namespace mex::server {

// The value of the Date header, written anew once a second. Shard thread only.
class DateCache {
 public:
  explicit DateCache(const net::EventLoop& loop)
      : loop_(loop), second_(this_second()), date_(second_.time_since_epoch().count()) {}

  // Valid until the next call.
  std::string_view text() {
    const std::chrono::sys_seconds second = this_second();
    if (second != second_) {
      date_ = http::DateText(second.time_since_epoch().count());
      second_ = second;
    }
    return date_.text();
  }

 private:
  std::chrono::sys_seconds this_second() const {
    return std::chrono::floor<std::chrono::seconds>(loop_.wall_now());
  }

  const net::EventLoop& loop_;
  std::chrono::sys_seconds second_;
  http::DateText date_;
};

}  // namespace mex::server
