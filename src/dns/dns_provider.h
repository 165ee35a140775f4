#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/call_limits.h"

namespace mex::dns {

enum class RecordType : std::uint8_t { A, Aaaa, Txt };
std::string_view to_string(RecordType type);  // "A", "AAAA", "TXT"

// One record of public DNS. A name may have several of one type.
struct DnsRecord {
  std::string name;  // lower case, no dot at its end; the first label may be "*"
  RecordType type = RecordType::A;
  std::string content;  // an address, or text of at most 255 bytes
  std::chrono::seconds ttl{300};
  bool is_proxied = false;  // Cloudflare alone: visitors come by its own network

  bool operator==(const DnsRecord&) const = default;
};

// The same entry of the zone, whatever its time to live: a provider holds it at most once.
inline bool is_same_place(const DnsRecord& a, const DnsRecord& b) {
  return a.name == b.name && a.type == b.type && a.content == b.content;
}

// "edge.example.net A 203.0.113.5", for messages.
std::string to_string(const DnsRecord& record);

// The service that holds the zones. Thread-safe; calls block. Every call may be repeated, whatever
// became of it: adding an existing record and removing a missing one succeed.
//
// Errors:
//   Unauthenticated    the credentials are wrong
//   PermissionDenied   they are right and not enough
//   NotFound           no zone of theirs holds the name
//   ResourceExhausted  too many calls; not now
//   Unavailable        not reached, or out of order
//   DeadlineExceeded, Cancelled
//   FailedPrecondition, InvalidArgument  refused, with the provider's reason
class DnsProvider {
 public:
  virtual ~DnsProvider() = default;

  virtual std::string to_string() const = 0;  // "Cloudflare"

  // What a person should know of the zones in use although every call succeeds; empty: nothing.
  virtual std::string notice() { return ""; }

  // All records of the name and type.
  virtual absl::StatusOr<std::vector<DnsRecord>> find(const std::string& name, RecordType type,
                                                      const base::CallLimits& limits) = 0;
  virtual absl::Status add(const DnsRecord& record, const base::CallLimits& limits) = 0;
  // By name, type and content.
  virtual absl::Status remove(const DnsRecord& record, const base::CallLimits& limits) = 0;
  // In one step, so that there always is one of them. `from` and `to` have name and type in common.
  virtual absl::Status change(const DnsRecord& from, const DnsRecord& to,
                              const base::CallLimits& limits) = 0;
};

}  // namespace mex::dns
