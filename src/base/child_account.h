#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/capabilities.h"

namespace mex::base {

// What a child is there for; each kind has another user, who can read
// nothing of the agent.
enum class ChildRole : std::uint8_t { None, Nginx, Acme, Dns };
inline constexpr std::uint8_t kChildRoles = 4;

// What a child may do beyond what every user may.
struct ChildPrivileges {
  ChildRole role = ChildRole::None;
  // Its primary group: processes of one user that differ in it cannot look into each other
  // (ptrace(2)). 0: the account's own; otherwise a private group.
  gid_t group = 0;
  bool binds_low_ports = false;
};

// A user of the machine as the kernel knows it; never root.
struct Account {
  uid_t user = 0;
  gid_t group = 0;
};

// Group numbers that systemd's table of users and groups (systemd.io/UIDS-GIDS) leaves unused.
inline constexpr gid_t kFirstPrivateGroup = 0x70000000;
inline constexpr gid_t kLastPrivateGroup = 0x7ffffffe;
constexpr bool is_private_group(gid_t group) {
  return group >= kFirstPrivateGroup && group <= kLastPrivateGroup;
}

// "mexosagent-nginx", "mexosagent-acme", "mexosagent-dns": what the Debian package calls them.
std::string account_name(ChildRole role);

// The account of that name, if the machine has one.
std::optional<Account> named_account(ChildRole role);

// With which user and capabilities a child runs. No account: with its parent's.
struct ChildIdentity {
  std::optional<Account> account;
  gid_t group = 0;  // the primary one; the account's own group is in any case one of its groups
  Capabilities capabilities = 0;
};

// The identity that a process gives which starts children itself, without a launcher. Root gives
// lego, nsupdate and dig another user: the package's, or else a number that no account has. nginx,
// which is to open ports and keys, stays root with few capabilities and has workers of another
// user. Who is not root has only its own user to give.
ChildIdentity own_identity(const ChildPrivileges& privileges);

// The identity that a launcher gives, which has capabilities and no files. FailedPrecondition is
// nullopt: there is no such account, or the group is not one to be given.
std::optional<ChildIdentity> launched_identity(const ChildPrivileges& privileges);

// Becomes that. Between fork() and exec(). False: see errno.
bool take_identity(const ChildIdentity& identity);

}  // namespace mex::base
