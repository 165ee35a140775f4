// What clients say of the trace that a request belongs to. Promises: a traceparent that is passed
// on has the form of one, a tracestate is bounded, made of whole members that were sent, and stays
// as it is when it is read again.
//
// Input: lines; the first one is the traceparent, the others are those of a tracestate.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/header_list.h"
#include "oracle.h"
#include "proxy/trace_context.h"

namespace {

using namespace mex;

void check_parent(std::string_view text) {
  if (!proxy::is_traceparent(text)) return;
  require(text.size() >= 55 && text[2] == '-' && text[35] == '-' && text[52] == '-', "its form");
  const std::string_view id = proxy::trace_id_of(text);
  require(id.size() == 32, "an id has 32 digits");
  require(id.find_first_not_of("0123456789abcdef") == std::string_view::npos, "hexadecimal ones");
  require(id.find_first_not_of('0') != std::string_view::npos, "not all of them 0");
}

void check_state(const std::vector<std::string>& lines) {
  http::HeaderList headers;
  for (const std::string& line : lines) headers.append("tracestate", line);
  proxy::TraceStateSpace space;
  const std::string state(proxy::trace_state(headers, space));
  require(state.size() <= proxy::kMaxTraceState, "it is bounded");
  http::for_each_list_element(state, [&](std::string_view member) {
    bool is_sent = false;
    for (const std::string& line : lines) {
      http::for_each_list_element(line, [&](std::string_view each) { is_sent |= each == member; });
    }
    require(is_sent, "nothing is made up");
  });
  http::HeaderList again;
  again.append("tracestate", state);
  require(proxy::trace_state(again, space) == state, "it stays as it is");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> lines;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (lines.empty()) return 0;
  check_parent(lines.front());
  lines.erase(lines.begin());
  if (lines.size() <= http::HeaderList::kCapacity) check_state(lines);
  return 0;
}
