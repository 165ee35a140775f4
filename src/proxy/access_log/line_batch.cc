#include "proxy/access_log/line_batch.h"

namespace mex::proxy {

void LineBatch::restart_line() {
  if (is_empty()) return;
  while (begin_ > 0 && bytes_[begin_ - 1] != '\n') --begin_;
}

void LineBatch::fill(std::span<const std::unique_ptr<LineRing>> rings) {
  begin_ = end_ = 0;
  for (std::size_t i = 0; i < rings.size(); ++i) {
    LineRing& ring = *rings[(first_ + i) % rings.size()];
    end_ += ring.take(std::span(bytes_).subspan(end_));
  }
  ++first_;
}

}  // namespace mex::proxy
