#include "http/line_cutter.h"

#include <algorithm>

namespace mex::http {

CutLine LineCutter::next(std::string_view bytes, std::size_t limit) {
  const std::string_view visible = bytes.substr(0, std::min(bytes.size(), limit));
  const std::size_t line_feed = visible.find('\n', searched_);
  if (line_feed == std::string_view::npos) {
    searched_ = visible.size();
    const bool full = bytes.size() >= limit;
    return {full ? CutLine::State::TooLong : CutLine::State::NeedMore, {}, searched_, {}};
  }
  if (line_feed == line_start_ || visible[line_feed - 1] != '\r') {
    return {CutLine::State::Rejected, ParseError::BareLineFeed, line_feed, {}};
  }
  const std::size_t start = line_start_;
  line_start_ = searched_ = line_feed + 1;
  return {CutLine::State::Line, {}, start, visible.substr(start, line_feed - 1 - start)};
}

}  // namespace mex::http
