#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mex::proxy {

// Whether a client's X-Request-ID can be used as it is: 1 to 128 letters, digits and "-._~:/+=@",
// which mean nothing to a log, a page or a shell.
bool is_request_id(std::string_view text);

// Makes ids that no other request of this or another agent has. Shard thread only.
class RequestIds {
 public:
  RequestIds();
  std::string next();

 private:
  const std::string shard_;  // random
  std::uint64_t last_ = 0;
};

}  // namespace mex::proxy
