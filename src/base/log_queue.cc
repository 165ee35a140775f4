#include "base/log_queue.h"

#include <thread>
#include <utility>

namespace mex::log {

LogQueue::LogQueue(Write write, LeftOutLine left_out_line)
    : write_(std::move(write)), left_out_line_(std::move(left_out_line)) {
  std::thread([this] { run(); }).detach();
}

void LogQueue::add(Level level, std::string line) {
  const base::MutexLock lock(mutex_);
  if (waiting_.size() >= kMaxWaiting) {
    ++left_out_;
    return;
  }
  waiting_.push_back({level, std::move(line)});
  changed_.notify_all();
}

bool LogQueue::wait_until_empty(std::chrono::milliseconds longest) {
  base::MutexLock lock(mutex_);
  const auto deadline = std::chrono::steady_clock::now() + longest;
  return changed_.wait_until(lock, deadline, [this] {
    mutex_.assert_held();
    return waiting_.empty() && !is_writing_;
  });
}

// The mutex is not held while a line is written.
void LogQueue::run() {
  while (true) {
    std::vector<Line> lines;
    std::size_t left_out = 0;
    {
      base::MutexLock lock(mutex_);
      is_writing_ = false;
      changed_.notify_all();
      changed_.wait(lock, [this] {
        mutex_.assert_held();
        return !waiting_.empty();
      });
      lines.swap(waiting_);
      left_out = std::exchange(left_out_, 0);
      is_writing_ = true;
    }
    for (const Line& line : lines) write_(line.level, line.text);
    if (left_out > 0) write_(Level::Warning, left_out_line_(left_out));
  }
}

}  // namespace mex::log
