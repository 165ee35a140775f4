#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mex::kubernetes {

// RFC 1952, as small as zlib makes it, without a time: the same text gives the same bytes.
std::string gzip(std::string_view text);

// InvalidArgument if `bytes` is not one whole gzip member; ResourceExhausted if what is in it is
// longer than `limit`.
absl::StatusOr<std::string> gunzip(std::string_view bytes, std::size_t limit);

bool is_gzip(std::string_view bytes);

}  // namespace mex::kubernetes
