#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace mex::kubernetes {

// What a plain (unquoted) YAML scalar is in JSON, by the rules of kubectl's parser (YAML 1.1 as
// go-yaml reads it): null, boolean, integer, floating point, else text. Nothing for a number that
// JSON does not have (.inf, .nan, beyond 64 bits of integer or the range of double).
std::optional<nlohmann::json> plain_scalar(const std::string& text);

}  // namespace mex::kubernetes
