// docs/nginx-directives.md against what is generated, both ways: each directive of the golden files
// has a row with its place and the form of its value, and each row is generated.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace mex::nginx {
namespace {

struct Directive {
  std::string place;  // "main", "http", "http.server", "stream.upstream"
  std::string name;
  std::string value;
};

struct Row {
  Directive directive;
  std::regex value;
  bool is_used = false;
};

// "so_keepalive=60s:10s:6 [udp] <address>": what is in brackets may be missing, <x> is one word or
// a part of it, <x…> is any number of words.
std::regex regex_of(std::string_view form) {
  std::string text;
  for (std::size_t i = 0; i < form.size(); ++i) {
    const char c = form[i];
    if (c == '<') {
      const std::size_t end = form.find('>', i);
      text += form.substr(0, end).ends_with("…") ? "[^]+" : "[^ ]+";
      i = end;
    } else if (c == '[') {
      text += "(?:";
    } else if (c == ']') {
      text += ")?";
    } else {
      if (std::string_view("\\^$.|?*+(){}").find(c) != std::string_view::npos) text += '\\';
      text += c;
    }
  }
  return std::regex(text);
}

std::string cell_of(std::string_view line, std::size_t index) {
  for (; index > 0; --index) line.remove_prefix(std::min(line.find('|') + 1, line.size()));
  line = line.substr(0, line.find('|'));
  const std::size_t begin = line.find_first_not_of(" `");
  const std::size_t end = line.find_last_not_of(" `");
  return begin == std::string_view::npos ? "" : std::string(line.substr(begin, end - begin + 1));
}

std::vector<Row> rows_of(const std::string& document) {
  std::vector<Row> rows;
  std::size_t at = 0;
  while (at < document.size()) {
    const std::size_t end = std::min(document.find('\n', at), document.size());
    const std::string_view line = std::string_view(document).substr(at, end - at);
    at = end + 1;
    if (!line.starts_with("| `")) continue;
    rows.push_back(
        {{cell_of(line, 1), cell_of(line, 2), cell_of(line, 3)}, regex_of(cell_of(line, 3))});
  }
  return rows;
}

// The directives of a configuration, in order. Entries of a map are none.
std::vector<Directive> directives_of(std::string_view text, std::string place) {
  std::vector<Directive> all;
  std::vector<std::string> places{std::move(place)};
  std::string statement;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '#') {
      i = text.find('\n', i);
      continue;
    } else if (c == ';' || c == '{') {
      const std::size_t space = std::min(statement.find(' '), statement.size());
      const std::string name = statement.substr(0, space);
      if (!places.back().ends_with("map")) {
        all.push_back(
            {places.back(), name, statement.substr(std::min(space + 1, statement.size()))});
      }
      if (c == '{') {
        places.push_back(places.back() == "main" ? name
                         : name == "if"          ? places.back()
                                                 : places.back() + "." + name);
      }
      statement.clear();
      continue;
    } else if (c == '}') {
      places.pop_back();
      continue;
    }
    const bool is_blank = quote == 0 && (c == ' ' || c == '\n');
    if (!is_blank || (!statement.empty() && statement.back() != ' ')) {
      statement += is_blank ? ' ' : c;
    }
  }
  for (Directive& each : all) {
    while (each.value.ends_with(' ')) each.value.pop_back();
  }
  return all;
}

TEST(DirectivesTest, TheDocumentIsWhatIsGenerated) {
  std::vector<Row> rows = rows_of(base::read_file(MEX_DIRECTIVES_DOCUMENT).value());
  ASSERT_GT(rows.size(), 100U);
  for (const auto& file : std::filesystem::directory_iterator(MEX_GOLDEN_DIRECTORY)) {
    const std::string text = base::read_file(file.path().string()).value();
    // What is included is included in http{}.
    const bool is_whole = text.find("worker_processes") != std::string::npos;
    for (const Directive& each : directives_of(text, is_whole ? "main" : "http")) {
      bool is_found = false;
      for (Row& row : rows) {
        const bool is_it = row.directive.place == each.place && row.directive.name == each.name &&
                           std::regex_match(each.value, row.value);
        row.is_used = row.is_used || is_it;
        is_found = is_found || is_it;
      }
      EXPECT_TRUE(is_found) << file.path().filename()
                            << " has a directive without a row: " << each.place << " | "
                            << each.name << " | " << each.value;
    }
  }
  for (const Row& row : rows) {
    EXPECT_TRUE(row.is_used) << "nothing generated is as this row says: " << row.directive.place
                             << " | " << row.directive.name << " | " << row.directive.value;
  }
}

}  // namespace
}  // namespace mex::nginx
