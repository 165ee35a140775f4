#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mex::proxy {

// Whether a client's X-Request-ID can be used as it is: 1 to 128 letters, digits and "-._~:/+=@",
// which mean nothing to a log, a page or a shell.
bool is_request_id(std::string_view text);

// An id that was made here.
class RequestId {
 public:
  RequestId() = default;
  RequestId(std::string_view shard, std::uint64_t number);
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 32> text_{};
  std::size_t size_ = 0;
};

// Makes ids that no other request of this or another agent has. Shard thread only.
class RequestIds {
 public:
  RequestIds();
  RequestId next() { return {shard_, ++last_}; }

 private:
  const std::string shard_;  // random
  std::uint64_t last_ = 0;
};

}  // namespace mex::proxy
