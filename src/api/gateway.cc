#include "api/gateway.h"

#include <fmt/format.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>

#include "api/rpc_authorizer.h"
#include "api/rpc_status.h"
#include "api/transcoding/request_message.h"
#include "base/log.h"
#include "base/status.h"
#include "mexosagent/v1/files.pb.h"

namespace mex::api {
namespace {

// More than RpcLimits::answer_time, so that the server says why it takes so long.
constexpr std::chrono::seconds kMaxCall{60};

constexpr int kPreconditionFailed = 412;

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ", "));
}

// "x-mex-operation" → "X-Mex-Operation".
std::string header_name(std::string_view metadata_key) {
  std::string name(metadata_key);
  bool first = true;
  for (char& c : name) {
    if (first && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    first = c == '-';
  }
  return name;
}

grpc::ByteBuffer buffer_of(const google::protobuf::Message& message) {
  const std::string bytes = message.SerializeAsString();
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string bytes_of(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

HttpReply reply_of_failure(const grpc::Status& status) {
  google::rpc::Status wire;
  if (!wire.ParseFromString(status.error_details()) || wire.code() != status.error_code()) {
    wire.Clear();
    wire.set_code(status.error_code());
    wire.set_message(status.error_message());
  }
  return {http_status_of(wire.code()), kJson, error_json(wire)};
}

// RFC 9110 section 13.2.1: what would fail in any case says why.
bool has_failed(const transcoding::Precondition& precondition, const transcoding::Rule& rule,
                const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::ABORTED:
      return !precondition.etags.empty();
    case grpc::StatusCode::NOT_FOUND:  // a PUT would have created it
      return !precondition.etags.empty() && rule.http_method == "PUT";
    case grpc::StatusCode::ALREADY_EXISTS:
      return precondition.must_not_exist && rule.http_method != "POST";
    default:
      return false;
  }
}

HttpReply reply_of_message(const transcoding::Rule& rule, const grpc::ByteBuffer& buffer) {
  const auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(
      rule.method->output_type());
  const std::unique_ptr<google::protobuf::Message> message(prototype->New());
  if (!message->ParseFromString(bytes_of(buffer))) {
    return error_reply(absl::InternalError("the answer could not be read"));
  }
  if (const auto* file = dynamic_cast<const ::mexosagent::v1::File*>(message.get())) {
    return file_reply(file->name(), file->content_type(), file->content());
  }
  absl::StatusOr<std::string> json = transcoding::reply_json(*message);
  if (!json.ok()) return error_reply(json.status());
  HttpReply reply{200, kJson, *std::move(json)};
  std::string etag = transcoding::etag_header(*message);
  if (!etag.empty()) reply.headers.emplace_back("ETag", header_text(etag));
  return reply;
}

}  // namespace

// Keeps the gateway from ending.
class Gateway::InFlight {
 public:
  explicit InFlight(Gateway& gateway) : gateway_(gateway) {
    const base::MutexLock lock(gateway_.mutex_);
    ++gateway_.in_flight_;
  }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  ~InFlight() {
    const base::MutexLock lock(gateway_.mutex_);
    if (--gateway_.in_flight_ == 0) gateway_.idle_.notify_all();
  }

 private:
  Gateway& gateway_;
};

struct Gateway::Call {
  explicit Call(Gateway& gateway) : in_flight(gateway) {}

  // The first member, so that it ends after the context, which holds the channel. If that were the
  // last reference, the channel would be destroyed on a thread of gRPC and wait for that thread.
  const InFlight in_flight;
  const transcoding::Rule* rule = nullptr;
  transcoding::Precondition precondition;
  std::vector<std::string> unknown;
  Done done;
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer reply;
};

Gateway::~Gateway() {
  base::MutexLock lock(mutex_);
  idle_.wait(lock, [this] {
    mutex_.assert_held();
    return in_flight_ == 0;
  });
}

void Gateway::call(const access::Principal& caller, const transcoding::Lookup& lookup,
                   std::string_view query, std::string_view body, Done done, std::string_view turn,
                   const transcoding::Precondition& precondition) {
  auto request = transcoding::make_request(*lookup.rule, lookup.bindings, query, body,
                                           *google::protobuf::MessageFactory::generated_factory());
  if (!request.ok()) return done(error_reply(request.status()));
  if (const absl::Status applied =
          transcoding::apply_precondition(precondition, *lookup.rule, *request->message);
      !applied.ok()) {
    return done(absl::IsFailedPrecondition(applied) ? error_reply(kPreconditionFailed, applied)
                                                    : error_reply(applied));
  }

  auto call = std::make_shared<Call>(*this);
  call->rule = lookup.rule;
  call->precondition = precondition;
  call->unknown = std::move(request->unknown);
  call->done = std::move(done);
  call->request = buffer_of(*request->message);
  call->context.AddMetadata(RpcAuthorizer::kInProcessKey, in_process_key_);
  call->context.AddMetadata(RpcAuthorizer::kPrincipal, access::to_json(caller));
  call->context.AddMetadata(RpcAuthorizer::kCaller, std::string(turn));
  call->context.set_deadline(std::chrono::system_clock::now() + kMaxCall);
  Call& in_place = *call;
  stub_.UnaryCall(&in_place.context, in_place.rule->rpc_path(), grpc::StubOptions(),
                  &in_place.request, &in_place.reply,
                  [this, call](const grpc::Status& status) { finish(*call, status); });
}

void Gateway::finish(Call& call, const grpc::Status& status) {
  HttpReply reply =
      status.ok() ? reply_of_message(*call.rule, call.reply) : reply_of_failure(status);
  if (!status.ok() && has_failed(call.precondition, *call.rule, status)) {
    reply.status = kPreconditionFailed;
  }
  for (const auto& [key, value] : call.context.GetServerInitialMetadata()) {
    const std::string_view name(key.data(), key.size());
    if (!name.starts_with("x-mex-")) continue;
    reply.headers.emplace_back(header_name(name), header_text({value.data(), value.size()}));
  }
  if (!call.unknown.empty()) {
    const std::string names = joined(call.unknown);
    log::warning("unknown fields ignored", {{"call", call.rule->rpc_path()}, {"fields", names}});
    reply.headers.emplace_back("X-Mex-Unknown-Fields", header_text(names));
  }
  call.done(std::move(reply));
}

}  // namespace mex::api
