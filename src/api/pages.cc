#include "api/pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

namespace mex::api {

const Page* find_page(std::string_view path) {
  const auto all = pages();
  const auto found =
      std::find_if(all.begin(), all.end(), [path](const Page& page) { return page.path == path; });
  return found == all.end() ? nullptr : &*found;
}

std::string etag_of(const Page& page) {
  // FNV-1a: it only has to differ between the files of different builds.
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : page.content) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  }
  return fmt::format("\"{:016x}\"", hash);
}

}  // namespace mex::api
