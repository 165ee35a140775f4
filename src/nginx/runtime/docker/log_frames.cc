#include "nginx/runtime/docker/log_frames.h"

#include <algorithm>
#include <cstddef>

namespace mex::nginx {

// Engine API, "Attach to a container", stream format.
Output parse_frames(std::string_view stream) {
  constexpr std::size_t kHeader = 8;
  constexpr char kError = 2;
  Output output;
  while (stream.size() >= kHeader) {
    std::size_t length = 0;
    for (std::size_t i = 4; i < kHeader; ++i) {
      length = length << 8U | static_cast<unsigned char>(stream[i]);
    }
    std::string& target = stream.front() == kError ? output.error : output.out;
    stream.remove_prefix(kHeader);
    length = std::min(length, stream.size());
    target += stream.substr(0, length);
    stream.remove_prefix(length);
  }
  return output;
}

}  // namespace mex::nginx
