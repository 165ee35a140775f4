#include "api/grpc_server.h"

#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <mutex>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "net/listener.h"

namespace mex::api {
namespace {

constexpr int kMaxMessage = 1 << 20;  // as a REST body
// Methods block for the store's disk only, so a few threads carry many calls; without a bound, a
// burst of calls becomes a burst of threads.
constexpr int kMaxThreads = 128;

void write_grpc_log(gpr_log_func_args* line) {
  if (line->severity == GPR_LOG_SEVERITY_ERROR) {
    log::warning("gRPC", {{"says", line->message}});
  } else {
    log::debug("gRPC", {{"says", line->message}});
  }
}

// Options of the library that belong to the process, not to a server.
void prepare_library() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_function(&write_grpc_log);
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::create(
    const net::Address& address, std::vector<std::unique_ptr<grpc::Service>> services) {
  prepare_library();
  // gRPC itself only says that it could not start.
  if (address.port() != 0) MEX_RETURN_IF_ERROR(net::check_address_free(address));
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address.text(), grpc::InsecureServerCredentials(), &port);
  // Otherwise two agents share the port, and each gets half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(kMaxMessage);
  grpc::ResourceQuota quota("mexosagent");
  quota.SetMaxThreads(kMaxThreads);
  builder.SetResourceQuota(quota);
  for (const auto& service : services) builder.RegisterService(service.get());

  std::unique_ptr<GrpcServer> server(new GrpcServer);
  server->services_ = std::move(services);
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr || port == 0) {
    return base::error(absl::StatusCode::kUnavailable, "cannot listen on {}", address.text());
  }
  server->address_ = address.with_port(static_cast<std::uint16_t>(port));
  return server;
}

GrpcServer::~GrpcServer() { drain(std::chrono::milliseconds(0)); }

std::shared_ptr<grpc::Channel> GrpcServer::in_process_channel() {
  return server_->InProcessChannel(grpc::ChannelArguments());
}

void GrpcServer::drain(std::chrono::milliseconds deadline) {
  if (server_ == nullptr) return;
  if (auto* health = server_->GetHealthCheckService()) health->SetServingStatus(false);
  server_->Shutdown(std::chrono::system_clock::now() + deadline);
  server_->Wait();
}

}  // namespace mex::api
