#include "api/grpc_server.h"

#include <grpc/support/log.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>

#include <mutex>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "net/listener.h"

namespace mex::api {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Of the REST gateway's channel: the whole list of some 100,000 routes.
constexpr int kMaxInProcessReply = 64 << 20;
// What gRPC itself holds of all connections: the part of messages that has arrived, and what has
// not been written. It takes no more from the sockets beyond that.
constexpr std::size_t kMaxTransportBytes = 64 << 20;

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
  std::call_once(once, [] { gpr_set_log_function(&write_grpc_log); });
}

int in_milliseconds(milliseconds duration) { return static_cast<int>(duration.count()); }

// Limits of a connection that gRPC knows itself.
void limit_connections(grpc::ServerBuilder& builder) {
  const auto set = [&builder](const char* name, int value) {
    builder.AddChannelArgument(name, value);
  };
  set(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(GrpcListener::kStreams));
  set(GRPC_ARG_MAX_METADATA_SIZE, 8 << 10);
  set(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, in_milliseconds(seconds(10)));
  set(GRPC_ARG_MAX_CONNECTION_IDLE_MS, in_milliseconds(minutes(10)));
  set(GRPC_ARG_MAX_CONNECTION_AGE_MS, in_milliseconds(hours(2)));
  set(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, in_milliseconds(minutes(2)));
  // A peer that vanished is found, and one that pings all the time is turned away.
  set(GRPC_ARG_KEEPALIVE_TIME_MS, in_milliseconds(minutes(2)));
  set(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, in_milliseconds(seconds(20)));
  set(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  set(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, in_milliseconds(seconds(20)));
  set(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 2);
  // Windows stay at 64 KiB: what is bigger than that arrives when it is asked for.
  set(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  set(GRPC_ARG_TCP_MAX_READ_CHUNK_SIZE, 64 << 10);
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::listen(const Port& port,
                                                               const Services& services,
                                                               const RpcAuthorizer& authorizer) {
  prepare_library();
  if (port.address.port() != 0) MEX_RETURN_IF_ERROR(net::check_address_free(port.address));
  std::unique_ptr<GrpcServer> server(new GrpcServer(port.descriptors));
  server->dispatcher_ =
      std::make_unique<RpcDispatcher>(RpcDispatcher::Context{.authorizer = authorizer,
                                                             .services = services,
                                                             .connections = &server->connections_,
                                                             .limits = {}});
  grpc::ServerBuilder builder;
  limit_connections(builder);
  builder.SetMaxReceiveMessageSize(static_cast<int>(RpcLimits().max_message));
  grpc::ResourceQuota quota("mexosagent");
  quota.Resize(kMaxTransportBytes);
  builder.SetResourceQuota(quota);
  builder.RegisterCallbackGenericService(server->dispatcher_.get());
  server->acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      grpc::InsecureServerCredentials());
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr) {
    return base::error(absl::StatusCode::kUnavailable, "cannot listen on {}", port.address.text());
  }
  MEX_RETURN_IF_ERROR(server->open_port(port));
  return server;
}

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::within_process(
    const Services& services, const RpcAuthorizer& authorizer, RpcLimits limits) {
  prepare_library();
  std::unique_ptr<GrpcServer> server(new GrpcServer);
  server->dispatcher_ =
      std::make_unique<RpcDispatcher>(RpcDispatcher::Context{.authorizer = authorizer,
                                                             .services = services,
                                                             .connections = nullptr,
                                                             .limits = std::move(limits)});
  grpc::ServerBuilder builder;
  // The gateway adds nothing to a body of REST, but names of JSON become numbers.
  builder.SetMaxReceiveMessageSize(2 * static_cast<int>(RpcLimits().max_message));
  builder.RegisterCallbackGenericService(server->dispatcher_.get());
  server->server_ = builder.BuildAndStart();
  if (server->server_ == nullptr) return absl::InternalError("cannot start gRPC in the process");
  return server;
}

absl::StatusOr<std::shared_ptr<const tls::ServerContext>> GrpcServer::tls_context(
    const tls::CertificateTable& certificates) const {
  return tls::ServerContext::create(certificates, ticket_keys_, accepting_->shard(0).buffers(),
                                    tls::ApplicationProtocol::Http2, tls_profile_);
}

absl::Status GrpcServer::replace_certificates(const tls::CertificateTable& certificates) {
  MEX_ASSIGN_OR_RETURN(auto tls, tls_context(certificates));
  accepting_->run_on(accepting_->shard(0), [&] { listener_->replace_tls(std::move(tls)); });
  return absl::OkStatus();
}

absl::Status GrpcServer::open_port(const Port& port) {
  MEX_ASSIGN_OR_RETURN(accepting_, server::ShardGroup::start(1, "grpc-accept"));
  std::shared_ptr<const tls::ServerContext> tls;
  if (port.tls) {
    ticket_keys_ = std::make_shared<tls::TicketKeys>();
    tls_profile_ = port.tls_profile;
    MEX_ASSIGN_OR_RETURN(tls, tls_context(*port.tls));
  }
  absl::Status opened;
  server::Shard& shard = accepting_->shard(0);
  accepting_->run_on(shard, [&] {
    const auto take = [this](int socket) {
      grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
      parameters.fd = socket;
      acceptor_->HandleNewConnection(&parameters);
    };
    auto listener =
        GrpcListener::open(shard.loop(), port.address, connections_, take, std::move(tls));
    opened = listener.status();
    if (listener.ok()) listener_ = *std::move(listener);
  });
  if (opened.ok()) address_ = listener_->local_address();
  return opened;
}

// Any thread, also that one.
void GrpcServer::on_accepting_thread(std::function<void(GrpcListener&)> call) {
  accepting_->shard(0).post([this, call = std::move(call)] {
    if (listener_ != nullptr) call(*listener_);
  });
}

GrpcServer::GrpcServer(std::size_t descriptors)
    : connections_(GrpcConnections::Limits::of(descriptors),
                   {.end =
                        [this](GrpcConnections::Number number) {
                          on_accepting_thread([number](GrpcListener& it) { it.end(number); });
                        },
                    .prove =
                        [this](GrpcConnections::Number number) {
                          on_accepting_thread([number](GrpcListener& it) { it.prove(number); });
                        }}) {}

GrpcServer::~GrpcServer() {
  drain(std::chrono::milliseconds(0));
  if (accepting_ != nullptr) {
    accepting_->run_on(accepting_->shard(0), [this] { listener_.reset(); });
  }
}

std::shared_ptr<grpc::Channel> GrpcServer::in_process_channel() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxInProcessReply);
  return server_->InProcessChannel(arguments);
}

void GrpcServer::drain(std::chrono::milliseconds deadline) {
  if (server_ == nullptr) return;
  if (listener_ != nullptr) {
    // Connections go on: it is the server that ends them.
    accepting_->run_on(accepting_->shard(0), [this] { listener_->close(); });
  }
  dispatcher_->drain();
  server_->Shutdown(std::chrono::system_clock::now() + deadline);
  server_->Wait();
}

}  // namespace mex::api
