#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mex::access {

// What a principal may do. Admin: everything, of all tenants.
enum class Role { Admin };

// How it was proven who calls.
enum class Proof {
  None,      // the API is open to everyone: nothing was asked for
  Loopback,  // the call came from this machine, and loopback is trusted
  Token,     // the call showed the bearer token
};

// Who makes a call. A plain value: any thread.
struct Principal {
  std::string name;  // for people and logs
  Role role;
  std::string tenant{};  // whose resources the role is about; empty: those of all tenants
  Proof proof;

  bool operator==(const Principal&) const = default;
};

// "administrator (admin, proven by token)"
std::string to_string(const Principal& principal);

// The form in which one part of the process hands a principal to another: one line of ASCII.
// from_json fails with InvalidArgument for a text that to_json does not write.
std::string to_json(const Principal& principal);
absl::StatusOr<Principal> from_json(std::string_view text);

}  // namespace mex::access
