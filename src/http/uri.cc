#include "http/uri.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "http/characters.h"

namespace mex::http {
namespace {

// Unreserved characters of RFC 3986 section 2.3: their escapes mean the same as themselves.
constexpr bool is_unreserved(unsigned char byte) {
  const char c = static_cast<char>(byte);
  return byte < 0x80 && (is_alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~');
}

constexpr bool may_stand_raw(char character) {
  const unsigned char byte = as_byte(character);
  return byte > 0x20 && byte < 0x7F && byte != '#';
}

// Bytes that are copied without a second look.
constexpr ByteTable kPlainBytes = [] {
  ByteTable table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    table[byte] = may_stand_raw(c) && c != '%' && c != '\\' && c != '/';
  }
  return table;
}();

// The byte that "%XX" at `position` stands for, or -1.
int escaped_byte(std::string_view text, std::size_t position) {
  if (position + 2 >= text.size() || text[position] != '%') return -1;
  const int high = hex_value(text[position + 1]);
  const int low = hex_value(text[position + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// No escape, no backslash, no empty or dotted segment: nothing to do. True for nearly every path.
bool is_normal(std::string_view path) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (kPlainBytes[as_byte(path[i])]) continue;
    if (path[i] != '/') return false;
    if (i + 1 < path.size() && (path[i + 1] == '/' || path[i + 1] == '.')) return false;
  }
  return true;
}

// Overlong UTF-8 (RFC 3629 section 3): lead bytes C0 and C1, and E0 or F0 before too small a byte.
bool is_overlong(int byte, int next) {
  if (byte == 0xC0 || byte == 0xC1) return true;
  return (byte == 0xE0 && next >= 0x80 && next < 0xA0) ||
         (byte == 0xF0 && next >= 0x80 && next < 0x90);
}

PathFault check_escape(std::string_view raw, std::size_t position) {
  const int byte = escaped_byte(raw, position);
  if (byte < 0) return PathFault::BadEscape;
  if (byte < 0x20 || byte == 0x7F) return PathFault::ForbiddenByte;
  if (byte == '\\') return PathFault::Backslash;
  if (is_overlong(byte, escaped_byte(raw, position + 3))) return PathFault::OverlongUtf8;
  return PathFault::None;
}

struct Written {
  std::size_t size = 0;
  PathFault fault = PathFault::None;
};

// First pass: every escape in its one spelling.
Written normalize_escapes(std::string_view raw, char* out) {
  constexpr std::string_view kUpperDigits = "0123456789ABCDEF";
  std::size_t size = 0;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char c = raw[i];
    if (c == '\\') return {0, PathFault::Backslash};
    if (!may_stand_raw(c)) return {0, PathFault::ForbiddenByte};
    if (c != '%') {
      out[size++] = c;
      continue;
    }
    if (const PathFault fault = check_escape(raw, i); fault != PathFault::None) return {0, fault};
    const auto byte = static_cast<unsigned char>(escaped_byte(raw, i));
    if (is_unreserved(byte)) {
      out[size++] = static_cast<char>(byte);
    } else {
      out[size++] = '%';
      out[size++] = kUpperDigits[byte >> 4U];
      out[size++] = kUpperDigits[byte & 0xFU];
    }
    i += 2;
  }
  return {size};
}

bool is_dots(std::string_view text) { return text == "." || text == ".."; }

// "..;x", "a%2F..", "..%2Fa": dots that an origin sees when it decodes "%2F" or drops parameters
// before it resolves dot segments.
bool hides_dot_segment(std::string_view segment) {
  constexpr std::string_view kEscapedSlash = "%2F";
  while (true) {
    const std::size_t slash = segment.find(kEscapedSlash);
    std::string_view part = segment.substr(0, slash);
    part = part.substr(0, std::min(part.find(';'), part.find("%3B")));
    if (is_dots(part)) return true;
    if (slash == kNotFound) return false;
    segment.remove_prefix(slash + kEscapedSlash.size());
  }
}

std::string_view without_last_slashes(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

// Second pass, in place: the result is never longer than what has been read (RFC 3986 section
// 5.2.4).
Written resolve_segments(char* path, std::size_t length, Slashes slashes) {
  std::size_t size = 0;  // the result so far, without the slash before what comes next
  bool ends_in_slash = false;
  for (std::size_t i = 0; i < length;) {
    const std::size_t start = i + 1;  // behind a '/'
    const std::size_t end = std::min(std::string_view(path, length).find('/', start), length);
    const std::string_view segment(path + start, end - start);
    ends_in_slash = segment.empty() || is_dots(segment);
    if (segment == "..") {
      const std::string_view above = without_last_slashes({path, size});
      if (above.empty()) return {0, PathFault::AboveRoot};
      size = above.rfind('/');
    } else if (segment.empty()) {
      // The last one is the slash at the end, which is written below.
      if (slashes == Slashes::Kept && size > 0 && end < length) path[size++] = '/';
    } else if (!ends_in_slash) {
      if (hides_dot_segment(segment)) return {0, PathFault::HiddenDotSegment};
      path[size] = '/';
      std::memmove(path + size + 1, segment.data(), segment.size());
      size += 1 + segment.size();
    }
    i = end;
  }
  if (ends_in_slash) path[size++] = '/';
  return {size};
}

}  // namespace

std::string_view to_string(PathFault fault) {
  switch (fault) {
    case PathFault::None:
      return "no fault";
    case PathFault::NotAbsolute:
      return "the path does not start with '/'";
    case PathFault::BadEscape:
      return "the path has a '%' without two hexadecimal digits";
    case PathFault::ForbiddenByte:
      return "the path has a byte that is not allowed, raw or escaped";
    case PathFault::Backslash:
      return "the path has a backslash";
    case PathFault::HiddenDotSegment:
      return "the path hides a dot segment beside an escaped slash or a parameter";
    case PathFault::AboveRoot:
      return "the path leads above its root";
    case PathFault::OverlongUtf8:
      return "the path has an overlong UTF-8 sequence";
  }
  return "the path is not valid";
}

NormalPath normalize_path(std::string_view raw, std::span<char> space, Slashes slashes) {
  if (raw.empty() || raw.front() != '/') return {{}, PathFault::NotAbsolute};
  if (is_normal(raw)) return {raw};
  const Written escapes = normalize_escapes(raw, space.data());
  if (escapes.fault != PathFault::None) return {{}, escapes.fault};
  const Written result = resolve_segments(space.data(), escapes.size, slashes);
  if (result.fault != PathFault::None) return {{}, result.fault};
  return {{space.data(), result.size}};
}

bool has_empty_segment(std::string_view path) { return path.find("//") != kNotFound; }

std::string_view merge_slashes(std::string_view path, std::span<char> space) {
  const auto end = std::unique_copy(path.begin(), path.end(), space.begin(),
                                    [](char a, char b) { return a == '/' && b == '/'; });
  return {space.data(), static_cast<std::size_t>(end - space.begin())};
}

Decoded percent_decode(std::string_view text, std::span<char> space) {
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int byte = escaped_byte(text, i);
      if (byte < 0) return {};
      c = static_cast<char>(byte);
      i += 2;
    }
    space[size++] = c;
  }
  return {{space.data(), size}, true};
}

}  // namespace mex::http
