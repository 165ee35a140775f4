// Names of images. Promises: exactly what the grammar of distribution/reference accepts is
// accepted, which stands here as its regular expressions; and what an engine is told is read as the
// same.

#include <cstddef>
#include <cstdint>
#include <regex>
#include <string>
#include <string_view>

#include "nginx/runtime/docker/image_reference.h"
#include "oracle.h"

namespace {

// std::regex recurses for each character.
constexpr std::size_t kMaxInput = 512;

bool is_accepted(const std::string& text) {
  static const std::string label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
  static const std::string component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
  static const std::regex grammar(
      "(?:(" + label + "(?:\\." + label + ")*(?::[0-9]+)?)/)?(" + component + "(?:/" + component +
      ")*)(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127})?" +
      "(@(?:sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}))?");
  static const std::regex id("[0-9a-f]{64}");
  std::smatch parts;
  if (!std::regex_match(text, parts, grammar) || std::regex_match(text, id)) return false;
  return text.size() - parts.str(3).size() - parts.str(4).size() <= 255;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mex::nginx::parse_image_reference;
  if (size > kMaxInput) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_image_reference(text);
  // An address in brackets is judged by another parser.
  if (!text.starts_with('[')) {
    require(parsed.ok() == is_accepted(text), "the grammar's verdict is another one");
  }
  if (!parsed.ok()) return 0;
  require(parsed->repository + (parsed->tag.empty() ? "" : ":" + parsed->tag) +
                  (parsed->digest.empty() ? "" : "@" + parsed->digest) ==
              text,
          "the parts are not the whole");
  const auto again = parse_image_reference(parsed->text());
  require(again.ok() && again->repository == parsed->repository &&
              again->version() == parsed->version(),
          "what an engine is told is another image");
  return 0;
}
