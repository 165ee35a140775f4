#include "base/child_account.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <vector>

namespace mex::base {
namespace {

// Of nginx's master as root: files, whose owner is its workers' user after nginx has opened them
// anew, and its workers.
constexpr Capabilities kRootNginx = capability(CAP_CHOWN) | capability(CAP_DAC_OVERRIDE) |
                                    capability(CAP_KILL) | capability(CAP_SETGID) |
                                    capability(CAP_SETUID) | capability(CAP_NET_BIND_SERVICE);

constexpr std::size_t kMaxEntry = 16384;

// systemd's own range for users that exist while something runs: no package and no administrator
// gives these numbers to anyone.
constexpr uid_t kFirstDynamicUser = 61184;
constexpr uid_t kLastDynamicUser = 65519;

bool has_name(uid_t number) {
  std::vector<char> buffer(kMaxEntry);
  passwd user{};
  passwd* found = nullptr;
  group entry{};
  group* found_group = nullptr;
  return (getpwuid_r(number, &user, buffer.data(), buffer.size(), &found) == 0 &&
          found != nullptr) ||
         (getgrgid_r(number, &entry, buffer.data(), buffer.size(), &found_group) == 0 &&
          found_group != nullptr);
}

// The same one at each start, as long as no one else gets it: files of it may have been left.
std::optional<Account> unnamed_account(ChildRole role) {
  for (uid_t number = kLastDynamicUser - static_cast<uid_t>(role); number > kFirstDynamicUser;
       number -= kChildRoles) {
    if (!has_name(number)) return Account{number, number};
  }
  return std::nullopt;
}

bool may_change_user() {
  constexpr Capabilities kNeeded =
      capability(CAP_SETUID) | capability(CAP_SETGID) | capability(CAP_CHOWN);
  return geteuid() == 0 && (permitted_capabilities() & kNeeded) == kNeeded;
}

}  // namespace

std::string account_name(ChildRole role) {
  constexpr std::array<const char*, kChildRoles> kNames = {"", "mexosagent-nginx",
                                                           "mexosagent-acme", "mexosagent-dns"};
  return kNames[static_cast<std::size_t>(role)];
}

std::optional<Account> named_account(ChildRole role) {
  if (role == ChildRole::None) return std::nullopt;
  std::vector<char> buffer(kMaxEntry);
  passwd user{};
  passwd* found = nullptr;
  getpwnam_r(account_name(role).c_str(), &user, buffer.data(), buffer.size(), &found);
  if (found == nullptr || user.pw_uid == 0 || user.pw_gid == 0) return std::nullopt;
  return Account{user.pw_uid, user.pw_gid};
}

ChildIdentity own_identity(const ChildPrivileges& privileges) {
  ChildIdentity identity;
  if (privileges.role == ChildRole::None) return identity;
  if (privileges.role == ChildRole::Nginx) {
    if (geteuid() == 0) identity.capabilities = kRootNginx;
    if (privileges.binds_low_ports) {
      identity.capabilities |= capability(CAP_NET_BIND_SERVICE);
    }
    return identity;
  }
  if (!may_change_user()) return identity;
  identity.account = named_account(privileges.role);
  if (!identity.account) identity.account = unnamed_account(privileges.role);
  if (identity.account) identity.group = identity.account->group;
  return identity;
}

std::optional<ChildIdentity> launched_identity(const ChildPrivileges& privileges) {
  const auto account = named_account(privileges.role);
  if (!account) return std::nullopt;
  if (privileges.group != 0 && !is_private_group(privileges.group)) return std::nullopt;
  return ChildIdentity{
      .account = account,
      .group = privileges.group != 0 ? privileges.group : account->group,
      .capabilities = privileges.role == ChildRole::Nginx && privileges.binds_low_ports
                          ? capability(CAP_NET_BIND_SERVICE)
                          : 0};
}

// The calls themselves: glibc's functions of these names stop all threads, which a child of a
// process with threads does not have any more.
bool take_identity(const ChildIdentity& identity) {
  bound_capabilities(identity.capabilities);
  if (identity.account) {
    const gid_t group = identity.group;
    const uid_t user = identity.account->user;
    // From root to another user capabilities would be lost; which are kept is said below.
    if (prctl(PR_SET_KEEPCAPS, 1) != 0) return false;
    if (syscall(SYS_setgroups, 1, &identity.account->group) != 0) return false;
    if (syscall(SYS_setresgid, group, group, group) != 0) return false;
    if (syscall(SYS_setresuid, user, user, user) != 0) return false;
  }
  if (!keep_capabilities(identity.capabilities, identity.capabilities)) return false;
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

}  // namespace mex::base
