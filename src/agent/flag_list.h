#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mex::agent {

// The elements of a flag's value "a, b,c": what is between commas, without the white space around
// it; empty ones are left out.
std::vector<std::string> list_of(std::string_view text);

}  // namespace mex::agent
