#include "kubernetes/gzip.h"

#include <zlib.h>

#include <array>

#include "base/check.h"
#include "base/status.h"

namespace mex::kubernetes {
namespace {

// zlib: 15 bits of window, and 16 for a gzip header in place of the zlib header.
constexpr int kGzipWindow = 15 + 16;

Bytef* input_of(std::string_view text) {
  // zlib's interface is older than const.
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

}  // namespace

std::string gzip(std::string_view text) {
  z_stream stream{};
  constexpr int kMaxMemory = 9;
  const int ready = deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, kMaxMemory,
                                 Z_DEFAULT_STRATEGY);
  MEX_CHECK(ready == Z_OK, "zlib cannot be initialised");
  std::string out(deflateBound(&stream, text.size()), '\0');
  stream.next_in = input_of(text);
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = input_of(out);
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  MEX_CHECK(result == Z_STREAM_END, "zlib did not finish within its own bound");
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

absl::StatusOr<std::string> gunzip(std::string_view bytes, std::size_t limit) {
  z_stream stream{};
  MEX_CHECK(inflateInit2(&stream, kGzipWindow) == Z_OK, "zlib cannot be initialised");
  stream.next_in = input_of(bytes);
  stream.avail_in = static_cast<uInt>(bytes.size());
  std::string out;
  std::array<char, 16384> chunk;
  int result = Z_OK;
  while (result == Z_OK && out.size() <= limit) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = static_cast<uInt>(chunk.size());
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(chunk.data(), chunk.size() - stream.avail_out);
  }
  const bool whole = result == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (out.size() > limit) {
    return base::error(absl::StatusCode::kResourceExhausted,
                       "the gzip'd text is longer than {} bytes", limit);
  }
  if (!whole) return absl::InvalidArgumentError("not one whole gzip member");
  return out;
}

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

}  // namespace mex::kubernetes
