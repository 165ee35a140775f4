// What origins say of their own paths. Promises: whatever they say, what is put in its place is
// below the route's path on the same host, says nothing that a header line cannot hold, and stays
// as it is when it is looked at again.
//
// Input: the first byte chooses the route and the header, the rest is its value.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "oracle.h"
#include "proxy/route/public_reference.h"

namespace {

using namespace mex::proxy::route;

using RoutePtr = std::shared_ptr<const Route>;

RoutePtr route(std::string_view path, std::string_view origin) {
  RoutePart part{};
  return make_route(path, origin, nullptr, part).value();
}

void check_reference(const PublicReference& reference, const Route& route, std::string_view value) {
  std::string out;
  if (!reference.rewrite_reference(value, out)) {
    require(out.empty(), "what stays leaves nothing behind");
    return;
  }
  const std::string_view prefix = route.public_prefix();
  require(out.starts_with(prefix), "it is below the route's path");
  require(out.size() > prefix.size() || !prefix.empty(), "it is not empty");
  require(out.front() == '/' && !out.starts_with("//"), "it is on the same host");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array<RoutePtr, 4> routes = {
      route("/mq", "http://o:81"), route("/mq", "http://o/base"), route("/", "http://o/base"),
      route("/a/b/*rest", "https://[::1]")};
  if (size == 0) return 0;
  const Route& chosen = *routes[data[0] % routes.size()];
  const std::string value(reinterpret_cast<const char*>(data) + 1, size - 1);
  const PublicReference reference(chosen, "edge.example:8443");
  check_reference(reference, chosen, value);
  for (const auto rewrite : {&PublicReference::rewrite_refresh, &PublicReference::rewrite_cookie}) {
    std::string out;
    const bool is_changed = (reference.*rewrite)(value, out);
    require(is_changed != out.empty(), "what stays leaves nothing behind");
    for (const char c : out) {
      require(c == '/' || value.find(c) != std::string::npos ||
                  chosen.public_prefix().find(c) != std::string_view::npos,
              "no byte is made up");
    }
  }
  return 0;
}
