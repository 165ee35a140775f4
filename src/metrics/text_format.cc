#include "metrics/text_format.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace mex::metrics {
namespace {

// Help texts escape backslash and line feed, label values the double quote as well.
void append_escaped(std::string& out, std::string_view text, bool quote) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (quote && c == '"')) out += '\\';
    out += c;
  }
}

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::Counter:
      return "counter";
    case Kind::Gauge:
      return "gauge";
    case Kind::Histogram:
      return "histogram";
  }
  return "untyped";
}

}  // namespace

bool is_metric_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
  };
  return !name.empty() && letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return letter(c) || (c >= '0' && c <= '9');
  });
}

std::string label_text(Labels labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    MEX_CHECK(is_metric_name(name), "a label's name is not one");
    text += text.empty() ? "{" : ",";
    text += name;
    text += "=\"";
    append_escaped(text, value, true);
    text += '"';
  }
  if (!text.empty()) text += '}';
  return text;
}

void append_family(std::string& out, std::string_view name, std::string_view help, Kind kind) {
  out += fmt::format("# HELP {} ", name);
  append_escaped(out, help, false);
  out += fmt::format("\n# TYPE {} {}\n", name, to_string(kind));
}

void append_sample(std::string& out, std::string_view name, std::string_view labels,
                   std::uint64_t value) {
  out += fmt::format("{}{} {}\n", name, labels, value);
}

}  // namespace mex::metrics
