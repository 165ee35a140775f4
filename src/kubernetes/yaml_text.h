#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace mex::kubernetes {

// YAML in block style that every YAML 1.1 and 1.2 parser reads as `value`, whatever its strings
// hold: each is in double quotes and ASCII (characters beyond it are escaped, broken UTF-8 becomes
// U+FFFD), so no text can end a string, begin a key or be taken for a number. Members keep their
// order. Ends with a line break. Names of members are at most 1,000 characters when escaped,
// because YAML wants a key and its colon within 1,024 (YAML 1.2.2 section 7.4.2).
std::string yaml_text(const nlohmann::ordered_json& value);

}  // namespace mex::kubernetes
