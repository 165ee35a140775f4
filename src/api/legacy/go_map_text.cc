#include "api/legacy/go_map_text.h"

#include <string_view>

namespace mex::api {

std::string go_map_text(const std::vector<routing::ProxyRouteView>& routes) {
  std::string text = "map[";
  std::string_view separator;
  for (const routing::ProxyRouteView& route : routes) {
    text += separator;
    text += route.path;
    text += ':';
    text += route.origin;
    separator = " ";
  }
  text += ']';
  return text;
}

}  // namespace mex::api
