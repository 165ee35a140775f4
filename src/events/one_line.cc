#include "events/one_line.h"

#include "base/utf8.h"

namespace mex::events {
namespace {

constexpr std::string_view kMalformed = "\xef\xbf\xbd";  // U+FFFD
constexpr std::string_view kMore = "\xe2\x80\xa6";       // U+2026

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace

std::string one_line(std::string_view text, std::size_t most) {
  std::string line;
  std::size_t cut = 0;  // where the mark of what is missing has room
  while (!text.empty()) {
    const std::size_t length = base::utf8_sequence_length(text);
    std::string_view next = length == 0 ? kMalformed : text.substr(0, length);
    if (is_control(next.front())) next = " ";
    if (line.size() + next.size() > most) {
      line.resize(cut);
      return most < kMore.size() ? line : line.append(kMore);
    }
    line.append(next);
    if (line.size() + kMore.size() <= most) cut = line.size();
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return line;
}

}  // namespace mex::events
