#pragma once

#include <span>
#include <string>
#include <string_view>

namespace mex::api {

// A file that is part of the program.
struct Page {
  std::string_view path;
  std::string_view content_type;
  std::string_view content;
};

// All of them: Swagger UI, the API's description, the landing page.
std::span<const Page> pages();

// Null if there is no such page.
const Page* find_page(std::string_view path);

// A validator for conditional requests, of the content alone: "\"3f…\"".
std::string etag_of(const Page& page);

// Scripts and styles only from ourselves and none in the page; no frames, no plug-ins, no other
// hosts. Swagger UI sets styles of elements and has pictures in data: URLs.
inline constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

}  // namespace mex::api
