#include "api/rpc_service.h"

#include <fmt/format.h>

#include "base/check.h"

namespace mex::api {
namespace {

const google::protobuf::ServiceDescriptor& find_service(const std::string& full_name) {
  const auto* found =
      google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(full_name);
  MEX_CHECK(found != nullptr, full_name);
  return *found;
}

}  // namespace

LaneOf always(Lane lane) {
  return [lane](const google::protobuf::Message&) { return lane; };
}

LaneOf unless_listing(Lane changes) {
  return [changes](const google::protobuf::Message& request) {
    const auto* verb = request.GetDescriptor()->FindFieldByName("message");
    return request.GetReflection()->GetString(request, verb) == "list" ? Lane::Read : changes;
  };
}

RpcService::RpcService(const std::string& full_name, Lane changes)
    : descriptor_(find_service(full_name)), changes_(changes) {}

bool RpcService::is_complete() const {
  return methods_.size() == static_cast<std::size_t>(descriptor_.method_count());
}

RpcMethod& RpcService::add_method(std::string_view method,
                                  const google::protobuf::Descriptor& request,
                                  const google::protobuf::Descriptor& reply) {
  const std::string name(method);
  const auto* found = descriptor_.FindMethodByName(name);
  MEX_CHECK(found != nullptr, name);
  MEX_CHECK(found->input_type() == &request && found->output_type() == &reply, name);
  RpcMethod& added = methods_.emplace_back();
  added.path = fmt::format("/{}/{}", descriptor_.full_name(), name);
  return added;
}

}  // namespace mex::api
