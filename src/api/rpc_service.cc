#include "api/rpc_service.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/log.h"
#include "base/status.h"

namespace mex::api {
namespace {

const google::protobuf::ServiceDescriptor& find_service(const std::string& full_name) {
  const auto* found =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(full_name);
  MEX_CHECK(found != nullptr, full_name);
  return *found;
}

}  // namespace

RpcService::RpcService(const std::string& full_name, const RpcAuthorizer& authorizer)
    : descriptor_(find_service(full_name)), authorizer_(authorizer) {}

bool RpcService::is_complete() const {
  return paths_.size() == static_cast<std::size_t>(descriptor_.method_count());
}

const std::string& RpcService::add_path(std::string_view method,
                                        const google::protobuf::Descriptor& request,
                                        const google::protobuf::Descriptor& reply) {
  const std::string name(method);
  const auto* found = descriptor_.FindMethodByName(name);
  MEX_CHECK(found != nullptr, name);
  MEX_CHECK(found->input_type() == &request && found->output_type() == &reply, name);
  return paths_.emplace_back(fmt::format("/{}/{}", descriptor_.full_name(), name));
}

grpc::Status RpcService::serve(
    const std::string& path, grpc::ServerContext& context,
    const std::function<absl::Status(const access::Principal&, ReplyHeaders&)>& answer) const {
  return authorizer_.serve(context, [&](const access::Principal& caller) {
    if (log::enabled(log::Level::Debug)) {
      log::debug("gRPC call", {{"method", path}, {"principal", to_string(caller)}});
    }
    ReplyHeaders headers;
    MEX_RETURN_IF_ERROR(answer(caller, headers));
    for (const auto& [name, value] : headers) context.AddInitialMetadata(name, value);
    return absl::OkStatus();
  });
}

}  // namespace mex::api
