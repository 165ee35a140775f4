#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mex::base {

// `length` characters of [a-z0-9], the first a letter, from the kernel's random source: usable in
// DNS labels, file names and OpenStack tags. 8 characters hold 40 bits.
std::string random_id(std::size_t length);

// Whether `text` may be what random_id(length) has made: for what is read back.
bool is_random_id(std::string_view text, std::size_t length);

// `bytes` random bytes as lower-case hexadecimal, for bearer tokens.
std::string random_hex(std::size_t bytes);

}  // namespace mex::base
