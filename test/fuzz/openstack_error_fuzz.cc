// Bodies of refusals, whatever services and the proxies before them answer. Promises: what people
// get to read is one line of bounded length without HTML.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "openstack/error_body.h"
#include "oracle.h"

namespace {

// A second, plain notion of a tag.
bool has_tag(std::string_view text) {
  for (std::size_t at = text.find('<'); at != text.npos; at = text.find('<', at + 1)) {
    if (at + 1 == text.size()) return false;
    const char next = text[at + 1];
    if (next == '/' || next == '!' || next == '?' || (next >= 'a' && next <= 'z') ||
        (next >= 'A' && next <= 'Z')) {
      return true;
    }
  }
  return false;
}

void check_line(const std::string& line) {
  constexpr std::size_t kMost = 400 + 3;  // and an ellipsis
  require(line.size() <= kMost, "a reason is short");
  require(line.find_first_of("\r\n\t") == line.npos, "a reason is one line");
  require(!has_tag(line), "HTML is never in a reason");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const mex::openstack::ErrorBody body = mex::openstack::read_error_body(input);
  check_line(body.type);
  check_line(body.message);
  check_line(mex::openstack::one_line(input));
  return 0;
}
