#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mex::certificates {

// A TXT record that lego asks for.
struct TxtRequest {
  std::string name;  // lower case, without a dot at its end
  std::string value;
};

// The body of a request of lego's "httpreq": {"fqdn":"_acme-challenge.edge.example.net.",
// "value":"…"}. InvalidArgument if it is none; PermissionDenied if the name is not that of a
// challenge for one of `names`. Pure.
absl::StatusOr<TxtRequest> read_txt_request(std::string_view body,
                                            const std::vector<std::string>& names);

}  // namespace mex::certificates
