#pragma once

#include <cstddef>
#include <string>

namespace mex::base {

// `length` characters of [a-z0-9], the first a letter, from the kernel's random source: usable in
// DNS labels, file names and OpenStack tags. 8 characters hold 40 bits.
std::string random_id(std::size_t length);

// `bytes` random bytes as lower-case hexadecimal, for bearer tokens.
std::string random_hex(std::size_t bytes);

}  // namespace mex::base
