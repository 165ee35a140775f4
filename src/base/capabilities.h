#pragma once

#include <cstdint>

namespace mex::base {

// Capabilities as a set of bits, by their numbers in <linux/capability.h>.
using Capabilities = std::uint64_t;

constexpr Capabilities capability(int number) { return Capabilities{1} << number; }

// What this thread may make effective.
Capabilities permitted_capabilities();

// Takes all others out of the bounding set, so that no program gives them back. Does nothing
// without CAP_SETPCAP; then the set gives nothing to who may get no new privileges
// (PR_SET_NO_NEW_PRIVS).
void bound_capabilities(Capabilities kept);

// Gives up all others, and makes those that are left effective. What remains is not passed on by
// exec() unless it is `inherited`. This and bound_capabilities() are for the calling thread and
// those that it starts; safe between fork() and exec(). False: the kernel refused, see errno.
bool keep_capabilities(Capabilities kept, Capabilities inherited);

}  // namespace mex::base
