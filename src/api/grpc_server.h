#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/server.h>

#include <chrono>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "net/address.h"

namespace mex::api {

// The gRPC port with the health and reflection services: plaintext, as the original's. Those two
// show nothing of the agent's state, so they are open to everyone. Control threads only.
class GrpcServer {
 public:
  // Serving when it returns. Errors name the address.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> create(
      const net::Address& address, std::vector<std::unique_ptr<grpc::Service>> services);
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;
  // Same as drain(0).
  ~GrpcServer();

  const net::Address& address() const { return address_; }

  // Calls without a socket, for the REST gateway.
  std::shared_ptr<grpc::Channel> in_process_channel();

  // Takes no new calls, waits for the running ones and cancels those left at the deadline.
  void drain(std::chrono::milliseconds deadline);

 private:
  GrpcServer() = default;

  std::vector<std::unique_ptr<grpc::Service>> services_;
  std::unique_ptr<grpc::Server> server_;
  net::Address address_;
};

}  // namespace mex::api
