// Events as the store gives them, and texts of other programs. Promises: what is refused is refused
// in the words of a damaged record; what is read is written so that it reads the same again; a text
// of any bytes becomes one line of well-formed UTF-8 that is no longer than it may be.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "base/utf8.h"
#include "events/event_record.h"
#include "events/one_line.h"
#include "oracle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mex::events;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto event = event_from_json(event_key(17), text);
  if (event.ok()) {
    const auto again = event_from_json(event_key(event->number), to_json(*event));
    require(again.ok() && *again == *event, "an event survives its JSON");
  } else {
    require(absl::IsDataLoss(event.status()), "damage is called so");
  }
  for (const std::size_t most : {std::size_t{0}, size / 2, size, 3 * size}) {
    const std::string line = one_line(text, most);
    require(line.size() <= most, "a line is no longer than it may be");
    require(mex::base::is_utf8(line), "a line is well-formed");
    require(line.find('\n') == std::string::npos, "a line is one");
    require(one_line(line, most) == line, "a line is left alone");
  }
  return 0;
}
