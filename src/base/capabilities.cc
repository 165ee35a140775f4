#include "base/capabilities.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace mex::base {
namespace {

using Sets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

constexpr unsigned kWord = 32;

// glibc declares neither capget() nor capset().
bool read_sets(Sets& sets) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  return syscall(SYS_capget, &header, sets.data()) == 0;
}

bool write_sets(const Sets& sets) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  return syscall(SYS_capset, &header, sets.data()) == 0;
}

Capabilities permitted_of(const Sets& sets) {
  return sets[0].permitted | Capabilities{sets[1].permitted} << kWord;
}

}  // namespace

Capabilities permitted_capabilities() {
  Sets sets{};
  return read_sets(sets) ? permitted_of(sets) : 0;
}

void bound_capabilities(Capabilities kept) {
  for (int number = 0; number <= CAP_LAST_CAP; ++number) {
    if ((kept & capability(number)) == 0) prctl(PR_CAPBSET_DROP, number);
  }
}

bool keep_capabilities(Capabilities kept, Capabilities inherited) {
  Sets sets{};
  if (!read_sets(sets)) return false;
  const Capabilities permitted = permitted_of(sets);
  kept &= permitted;
  inherited &= kept;
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (std::size_t word = 0; word < sets.size(); ++word) {
    sets[word].permitted = static_cast<std::uint32_t>(kept >> (word * kWord));
    sets[word].effective = sets[word].permitted;
    sets[word].inheritable = static_cast<std::uint32_t>(inherited >> (word * kWord));
  }
  // A filter of system calls may forbid capset() to who has nothing to give up.
  if (!write_sets(sets)) return kept == permitted && inherited == 0;
  for (int number = 0; number <= CAP_LAST_CAP; ++number) {
    if ((inherited & capability(number)) == 0) continue;
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) != 0) return false;
  }
  return true;
}

}  // namespace mex::base
