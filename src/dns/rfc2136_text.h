#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "dns/dns_provider.h"

// The input of nsupdate and the output of dig. Pure.
namespace mex::dns {

// Whether the record can be written down for nsupdate without meaning anything else there.
// InvalidArgument otherwise.
absl::Status check_record(const DnsRecord& record);

// "update add edge.example.net. 300 A 203.0.113.5\n". Records that passed check_record().
std::string add_line(const DnsRecord& record);
std::string delete_line(const DnsRecord& record);

// The records of that name and type in what `dig +noall +comments +answer` says. A name that is not
// there has none. Unavailable, NotFound or PermissionDenied for the server's other answers.
absl::StatusOr<std::vector<DnsRecord>> read_answer(std::string_view output, const std::string& name,
                                                   RecordType type);

// Why nsupdate failed, by what it said.
absl::Status update_error(std::string_view output);

}  // namespace mex::dns
