#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mex::base {

// The whole file, or a status that names it. Files over `limit` bytes are refused with
// ResourceExhausted rather than read.
absl::StatusOr<std::string> read_file(const std::string& path, std::size_t limit = 1U << 20U);

// Replaces the file in one step: a reader sees the old content or the new one, also after a crash
// (temporary file beside it, fsync, rename, fsync of the directory).
absl::Status write_file_atomically(const std::string& path, std::string_view content, mode_t mode);

// Makes `path` and its parents; what is there already is left alone.
absl::Status make_directories(const std::string& path, mode_t mode);

}  // namespace mex::base
