#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "api/grpc_connections.h"
#include "api/grpc_listener.h"
#include "api/rpc_authorizer.h"
#include "api/rpc_dispatcher.h"
#include "api/rpc_limits.h"
#include "api/rpc_service.h"
#include "net/address.h"
#include "server/shard.h"
#include "tls/certificate.h"
#include "tls/profile.h"
#include "tls/server_context.h"
#include "tls/ticket_keys.h"

namespace mex::api {

// A gRPC server over the services: the gRPC port with the health and reflection services, or one
// that is called within the process alone. Each has its own threads, memory and calls. Control
// threads only.
class GrpcServer {
 public:
  using Services = std::vector<std::unique_ptr<RpcService>>;
  struct Port {
    net::Address address;                      // port 0: the kernel chooses
    std::optional<tls::CertificateTable> tls;  // none: plaintext, as the original's
    tls::Profile tls_profile = tls::Profile::Intermediate;
    // What its connections may take.
    std::size_t descriptors = GrpcConnections::Limits::kMaxDescriptors;
  };

  // Serving when it returns. Errors name the address. The others outlive the server.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> listen(const Port& port,
                                                            const Services& services,
                                                            const RpcAuthorizer& authorizer);
  static absl::StatusOr<std::unique_ptr<GrpcServer>> within_process(const Services& services,
                                                                    const RpcAuthorizer& authorizer,
                                                                    RpcLimits limits = {});
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;
  // Same as drain(0).
  ~GrpcServer();

  // Empty within the process.
  const net::Address& address() const { return address_; }

  // New connections get these. Only of a port with TLS.
  absl::Status replace_certificates(const tls::CertificateTable& certificates);

  // Calls without a socket, for the REST gateway.
  std::shared_ptr<grpc::Channel> in_process_channel();

  // Takes no new calls, waits for the running ones and cancels those left at the deadline.
  void drain(std::chrono::milliseconds deadline);

 private:
  explicit GrpcServer(std::size_t descriptors = 0);
  absl::Status open_port(const Port& port);
  absl::StatusOr<std::shared_ptr<const tls::ServerContext>> tls_context(
      const tls::CertificateTable& certificates) const;
  void on_accepting_thread(std::function<void(GrpcListener&)> call);

  net::Address address_;
  GrpcConnections connections_;
  std::unique_ptr<RpcDispatcher> dispatcher_;  // outlives the server
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  // Passes bytes and does nothing else, so that no call keeps a connection waiting.
  std::unique_ptr<server::ShardGroup> accepting_;
  std::shared_ptr<tls::TicketKeys> ticket_keys_;
  tls::Profile tls_profile_ = tls::Profile::Intermediate;
  std::unique_ptr<GrpcListener> listener_;  // of that thread
};

}  // namespace mex::api
