#pragma once

#include <string>
#include <string_view>

namespace mex::nginx {

// What a container wrote to its two outputs.
struct Output {
  std::string out;
  std::string error;
};

// Takes apart the stream in which the Engine API mixes both: each frame has a header of 8 bytes,
// the first names the output, the last four the length. A frame that is cut off is taken as far as
// it goes.
Output parse_frames(std::string_view stream);

}  // namespace mex::nginx
