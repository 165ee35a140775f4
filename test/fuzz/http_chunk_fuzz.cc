// Chunked bodies against a decoder that is too simple to be wrong: it sees the whole body at once
// and goes line by line. Promises: the same payload, the same end, and a fault where it finds one,
// for every cut.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/chunk_decoder.h"
#include "oracle.h"

namespace {

using namespace mex::http;

constexpr std::string_view kDigits = "0123456789abcdefABCDEF";

bool has_control_byte(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7F) return true;
  }
  return false;
}

// The line at the front of `rest`, taken off, or nothing if there is none that ends with CRLF
// alone.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find("\r\n");
  if (end == std::string_view::npos || has_control_byte(rest.substr(0, end))) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 2);
  return line;
}

bool is_good_trailer(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  std::string name(line.substr(0, colon));
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~") !=
      std::string::npos) {
    return false;
  }
  for (const char* forbidden : {"connection", "content-length", "expect", "host", "te", "trailer",
                                "transfer-encoding", "upgrade"}) {
    if (name == forbidden) return false;
  }
  return true;
}

struct Decoded {
  std::string payload;
  std::size_t consumed = 0;
};

// Nothing if the body is faulty or not complete.
std::optional<Decoded> decode_plainly(std::string_view bytes) {
  Decoded decoded;
  std::string_view rest = bytes;
  std::size_t extension_bytes = 0;
  while (true) {
    const std::optional<std::string_view> line = take_line(rest);
    if (!line) return std::nullopt;
    const std::size_t end = std::min(line->find(';'), line->size());
    const std::string digits(line->substr(0, end));
    if (end < line->size()) extension_bytes += line->size() - end - 1;
    if (digits.empty() || digits.size() > ChunkDecoder::kMaxSizeDigits ||
        digits.find_first_not_of(kDigits) != std::string::npos ||
        extension_bytes > ChunkDecoder::kMaxExtensionBytes) {
      return std::nullopt;
    }
    const std::uint64_t size = std::stoull(digits, nullptr, 16);
    if (size == 0) break;
    if (size > rest.size() || rest.substr(size, 2) != "\r\n") return std::nullopt;
    decoded.payload += rest.substr(0, size);
    rest.remove_prefix(size + 2);
  }
  std::size_t trailer_bytes = 0;
  while (true) {
    const std::optional<std::string_view> line = take_line(rest);
    if (!line) return std::nullopt;
    if (line->empty()) break;
    trailer_bytes += line->size() + 2;
    if (!is_good_trailer(*line) || trailer_bytes > ChunkDecoder::kMaxTrailerBytes) {
      return std::nullopt;
    }
  }
  decoded.consumed = bytes.size() - rest.size();
  return decoded;
}

// Nothing if the decoder found a fault or the end did not come.
std::optional<Decoded> decode(std::string_view bytes, std::size_t step) {
  Decoded decoded;
  ChunkDecoder decoder;
  for (std::size_t start = 0; start < bytes.size(); start += step) {
    std::string_view piece = bytes.substr(start, step);
    while (!piece.empty()) {
      const BodyStep taken = decoder.take(piece);
      if (taken.error != ParseError::None) return std::nullopt;
      require(taken.consumed > 0 && taken.consumed <= piece.size(), "a step makes progress");
      decoded.payload += taken.payload;
      decoded.consumed += taken.consumed;
      if (taken.done) return decoded;
      piece.remove_prefix(taken.consumed);
    }
  }
  return std::nullopt;
}

}  // namespace

// The first byte is the size of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::optional<Decoded> plain = decode_plainly(bytes);
  for (const std::size_t step : {bytes.size() + 1, std::size_t{1} + data[0] % 32U}) {
    const std::optional<Decoded> ours = decode(bytes, step);
    require(ours.has_value() == plain.has_value(), "both find it complete, or neither");
    if (!ours) continue;
    require(ours->payload == plain->payload, "both find the same payload");
    require(ours->consumed == plain->consumed, "both find the same end");
  }
  return 0;
}
