#include "proxy/health/grpc_health.h"

#include <cstddef>

#include "base/check.h"

namespace mex::proxy::health {
namespace {

// Of gRPC's framing: a byte that says whether it is compressed, and the length in four.
constexpr std::size_t kPrefix = 5;
// More than a message with one number takes.
constexpr std::size_t kMaxAnswer = 64;
constexpr std::size_t kMaxService = 125;  // a length of one byte, also of the message

}  // namespace

std::string grpc_health_question(std::string_view service) {
  MEX_CHECK(service.size() <= kMaxService, "a name of a service is checked before");
  std::string message;
  if (!service.empty()) {
    message += '\x0a';  // field 1, a string
    message += static_cast<char>(service.size());
    message += service;
  }
  std::string framed(kPrefix - 1, '\0');
  framed += static_cast<char>(message.size());
  return framed + message;
}

void GrpcHealthAnswer::add(std::string_view bytes) {
  if (body_.size() <= kMaxAnswer) body_.append(bytes.substr(0, kMaxAnswer + 1));
}

// Field 1 is 1: SERVING. Fields of later versions may follow it.
bool GrpcHealthAnswer::is_serving() const {
  const bool is_framed = body_.size() >= kPrefix + 2 && body_.size() <= kMaxAnswer &&
                         body_.starts_with(std::string_view("\0\0\0\0", kPrefix - 1)) &&
                         static_cast<unsigned char>(body_[kPrefix - 1]) == body_.size() - kPrefix;
  return is_ok_ && is_framed && body_.compare(kPrefix, 2, "\x08\x01") == 0;
}

}  // namespace mex::proxy::health
