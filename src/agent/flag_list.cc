#include "agent/flag_list.h"

#include "http/header_list.h"

namespace mex::agent {

std::vector<std::string> list_of(std::string_view text) {
  std::vector<std::string> elements;
  http::for_each_list_element(
      text, [&elements](std::string_view element) { elements.emplace_back(element); });
  return elements;
}

}  // namespace mex::agent
