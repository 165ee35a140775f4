#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"

namespace mex::log {

// Lines on their way from threads that must not wait to one that writes them: a reader of stderr
// that has stopped reading stops only that thread. Bounded. Any thread; exists as long as the
// process, as its thread does.
class LogQueue {
 public:
  using Write = std::function<void(Level, const std::string& line)>;
  static constexpr std::size_t kMaxWaiting = 512;

  // `left_out_line`: what is written in place of so many lines that found no room.
  using LeftOutLine = std::function<std::string(std::size_t)>;
  LogQueue(Write write, LeftOutLine left_out_line);
  LogQueue(const LogQueue&) = delete;
  LogQueue& operator=(const LogQueue&) = delete;

  void add(Level level, std::string line);
  // False if lines were left when the time was over.
  bool wait_until_empty(std::chrono::milliseconds longest);

 private:
  struct Line {
    Level level;
    std::string text;
  };

  void run();

  const Write write_;
  const LeftOutLine left_out_line_;
  base::Mutex mutex_;
  base::CondVar changed_;
  std::vector<Line> waiting_ ABSL_GUARDED_BY(mutex_);
  std::size_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
  bool is_writing_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace mex::log
