// The rules of routes (hosts, conditions) and the requests that are held against them: what is
// accepted is compared as a plain second reading says, and where a redirect leads is where its text
// says.
//
// Input: lines. "h<pattern>" a host, "H<name>|<value>" a header condition, "P<name>|<value>" a
// parameter's, "L<location>" a redirect, "R<expression>" and "W<rewrite>" of its paths. Anything
// else is a request: "host path?query".

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/authority.h"
#include "http/characters.h"
#include "http/uri.h"
#include "oracle.h"
#include "proxy/route/conditions.h"
#include "proxy/route/host_pattern.h"
#include "proxy/route/location_template.h"
#include "proxy/route/path_regex.h"
#include "proxy/route/route_table.h"

namespace {

using namespace mex;
using namespace mex::proxy::route;

struct Rules {
  HostPattern host;
  Conditions header;
  Conditions parameter;
  LocationTemplate location = LocationTemplate::parse("/").value();
  std::shared_ptr<const PathRegex> regex = PathRegex::create("/(.*)", 1).value();
  std::string rewrite = "/\\1";
};

std::string lower(std::string_view text) {
  std::string made(text);
  std::transform(made.begin(), made.end(), made.begin(), http::to_lower);
  return made;
}

// As said in host_pattern.h, by whole strings.
bool covers(const HostPattern& pattern, std::string_view host) {
  if (pattern.is_any()) return true;
  std::string name = lower(host);
  if (name.size() > 1 && name.back() == '.') name.pop_back();
  if (!pattern.is_wildcard()) return name == pattern.name();
  const std::string end = "." + pattern.name();
  return name.size() > end.size() && name.ends_with(end);
}

std::string form_decoded(std::string_view text) {
  std::string made;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && http::hex_value(text[i + 1]) >= 0 &&
        http::hex_value(text[i + 2]) >= 0) {
      made += static_cast<char>(http::hex_value(text[i + 1]) * 16 + http::hex_value(text[i + 2]));
      i += 2;
    } else {
      made += text[i] == '+' ? ' ' : text[i];
    }
  }
  return made;
}

// By decoding everything first.
bool has_parameter(const Conditions& conditions, std::string_view query) {
  if (conditions.is_any()) return true;
  const FieldCondition& wanted = conditions.spec().query.front();
  std::vector<std::string> values;
  while (!query.empty()) {
    const std::string_view one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), one.size() + 1));
    if (one.empty()) continue;
    const std::size_t equals = std::min(one.find('='), one.size());
    if (form_decoded(one.substr(0, equals)) != wanted.name) continue;
    values.push_back(equals == one.size() ? "" : form_decoded(one.substr(equals + 1)));
  }
  return values.size() == 1 && values.front() == wanted.value;
}

void check_location(const Rules& rules, std::string_view host, std::string_view path,
                    std::string_view query) {
  std::string out;
  const LocationParts parts{.host = host,
                            .path = path,
                            .prefix = path.substr(0, path.find('/', 1)),
                            .query = query,
                            .has_query = true};
  if (!rules.location.expand(parts, out)) return;
  require(http::find_non_value_byte(out) == http::kNotFound, "one line");
  const std::string& text = rules.location.text();
  if (text.starts_with('/') || text.starts_with('{')) {
    require(out.starts_with('/') && !out.starts_with("//") && !out.starts_with("/\\"),
            "a path stays a path");
    return;
  }
  const std::size_t begin = text.find("://") + 3;
  require(out.substr(0, begin) == text.substr(0, begin), "the scheme is the text's");
  const std::string_view rest = std::string_view(out).substr(begin);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  std::string expected = text.substr(begin, text.find_first_of("/?#{", begin) - begin);
  if (expected.empty()) {
    const std::size_t behind = begin + std::string_view("{host}").size();
    const std::size_t end = std::min(text.find_first_of("/?#{", behind), text.size());
    expected = std::string(host) + text.substr(behind, end - behind);
  }
  require(authority == expected, "the host is the text's");
}

void check_rewrite_of(const Rules& rules, std::string_view path) {
  require(rules.regex->matches(path, 0) == rules.regex->matches(path, kNoShard),
          "all matchers say the same");
  std::string out;
  if (!rules.regex->check_rewrite(rules.rewrite).ok()) return;
  if (!rules.regex->rewrite(path, rules.rewrite, 0, out)) return;
  std::string space(out.size(), '\0');
  const http::NormalPath again = http::normalize_path(out, space, http::Slashes::Kept);
  require(again.fault == http::PathFault::None && again.path == out,
          "a path is rewritten to a path in normal form");
}

void ask(const Rules& rules, std::string_view line) {
  const std::string_view host = line.substr(0, line.find(' '));
  std::string_view target = line.substr(std::min(line.size(), host.size() + 1));
  const std::string_view raw = target.substr(0, target.find('?'));
  const std::string_view query = target.substr(std::min(target.size(), raw.size() + 1));
  std::string space(raw.size(), '\0');
  const http::NormalPath path = http::normalize_path(raw, space);
  const bool is_query = http::find_non_value_byte(query) == http::kNotFound &&
                        query.find_first_of(" #") == std::string_view::npos;
  if (path.fault != http::PathFault::None || !is_query) return;
  if (!host.empty() && !http::parse_authority(host)) return;

  check_rewrite_of(rules, path.path);
  const auto route = std::make_shared<const Route>(
      Rule{rules.host, PathPattern::parse("/").value(), rules.parameter}, http::OriginUrl(),
      nullptr);
  const RouteTable table = RouteTable().with(route);
  const RoutedRequest request{.path = path.path, .host = host, .query = query};
  require((table.match(request).route != nullptr) ==
              (covers(rules.host, host) && has_parameter(rules.parameter, query)),
          "host and query as the plain reading has them");
  require(table.without(route->rule()).size() == 0, "what was added is removed");
  check_location(rules, host.find(':') == std::string_view::npos ? host : "h", path.path, query);
}

template <typename Made>
void keep(Made made, auto& place) {
  if (made.ok()) place = *std::move(made);
}

FieldCondition condition_of(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('|'));
  return {std::string(name), FieldTest::Exact,
          std::string(text.substr(std::min(text.size(), name.size() + 1)))};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(data), size);
  Rules rules;
  while (!input.empty()) {
    const std::string_view line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(input.size(), line.size() + 1));
    if (line.empty()) continue;
    const std::string_view rest = line.substr(1);
    switch (line.front()) {
      case 'h':
        keep(HostPattern::parse(rest), rules.host);
        break;
      case 'H':
        keep(Conditions::create({{}, {condition_of(rest)}, {}}), rules.header);
        break;
      case 'P':
        keep(Conditions::create({{}, {}, {condition_of(rest)}}), rules.parameter);
        break;
      case 'R':
        keep(PathRegex::create(rest, 1), rules.regex);
        break;
      case 'W':
        rules.rewrite = rest;
        break;
      case 'L':
        keep(LocationTemplate::parse(rest), rules.location);
        break;
      default:
        ask(rules, line);
    }
    http::HeaderList headers;
    headers.append("x-name", line);
    headers.append("x-name", rest);
    require(rules.header.is_any() || !rules.header.hold_for({.path = "/", .headers = &headers}) ||
                rules.header.spec().headers.front().name != "x-name",
            "what is sent twice has no value");
  }
  return 0;
}
