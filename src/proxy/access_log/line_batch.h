#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "proxy/access_log/line_ring.h"

namespace mex::proxy {

// Lines that are being written, one after the other. One thread.
class LineBatch {
 public:
  explicit LineBatch(std::size_t capacity) : bytes_(capacity) {}

  bool is_empty() const { return begin_ == end_; }
  // What is to be written.
  std::string_view text() const { return {bytes_.data() + begin_, end_ - begin_}; }
  // So much of it has been.
  void consume(std::size_t bytes) { begin_ += bytes; }
  // The line that is half written is to be written whole.
  void restart_line();
  // Of an empty one: lines of all rings, beginning with another ring each time.
  void fill(std::span<const std::unique_ptr<LineRing>> rings);

 private:
  std::vector<char> bytes_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  std::size_t first_ = 0;  // which ring is asked first
};

}  // namespace mex::proxy
