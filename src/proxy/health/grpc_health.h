#pragma once

#include <string>
#include <string_view>

namespace mex::proxy::health {

// grpc.health.v1 (health-checking.md of grpc), as bytes of gRPC's framing: one message each way, so
// small that a library for it would be the larger part.
inline constexpr std::string_view kGrpcHealthPath = "/grpc.health.v1.Health/Check";

// The body of the question about a service; empty: about the server as a whole.
std::string grpc_health_question(std::string_view service);

// The answer as it comes. It serves if it says so, and ends with status 0.
class GrpcHealthAnswer {
 public:
  void add(std::string_view bytes);
  // From the trailers, or from a head that is all of the answer.
  void set_status(std::string_view grpc_status) { is_ok_ = grpc_status == "0"; }
  bool is_serving() const;

 private:
  std::string body_;
  bool is_ok_ = false;
};

}  // namespace mex::proxy::health
