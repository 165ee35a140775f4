#pragma once

#include <cstddef>

namespace mex::base {

// Nova takes at most so many bytes of a server's user_data, which is base64 (api-ref, "user_data").
inline constexpr std::size_t kMaxUserDataBase64 = 65535;

}  // namespace mex::base
