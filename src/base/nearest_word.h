#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace mex::base {

// The one of `words` that `given` was most likely meant to be: the same in other case, with '-' for
// '_' or without them, or few letters away. Nothing if none is near.
std::optional<std::string> nearest_word(std::string_view given, std::span<const std::string> words);

// The end of a message about `given`: "did you mean \"allowed\"?", or, where no word is near,
// "known are a, b, c".
std::string advice_of(std::string_view given, std::span<const std::string> words);

}  // namespace mex::base
