#include "kubernetes/node_report.h"

#include <algorithm>

#include "base/status.h"

namespace mex::kubernetes {
namespace {

constexpr std::size_t kMaxText = 400;

std::string printable(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, kMaxText)) {
    if (c >= 0x20 && c < 0x7f) line += c;
  }
  return line;
}

bool is_phase(std::string_view text) {
  constexpr std::size_t kMaxPhase = 20;
  return !text.empty() && text.size() <= kMaxPhase &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

std::optional<NodeReport> last_report(std::string_view console, std::string_view node) {
  const std::string mark = fmt::format("mexosagent: {}: ", node);
  while (!console.empty()) {
    const std::size_t found = console.rfind(mark);
    if (found == std::string_view::npos) break;
    std::string_view line = console.substr(found + mark.size());
    line = line.substr(0, line.find_first_of("\r\n"));
    const std::size_t colon = line.find(": ");
    if (colon != std::string_view::npos && is_phase(line.substr(0, colon))) {
      return NodeReport{.phase = std::string(line.substr(0, colon)),
                        .text = printable(line.substr(colon + 2))};
    }
    console = console.substr(0, found);
  }
  return std::nullopt;
}

}  // namespace mex::kubernetes
