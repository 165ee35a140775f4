#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <algorithm>
#include <vector>

#include "api/open_calls.h"
#include "base/json_text.h"
#include "base/status.h"
#include "grpc/health/v1/health.pb.h"
#include "reflection/grpc_reflection_v1alpha/reflection.pb.h"

namespace mex::api {
namespace {

namespace health = ::grpc::health::v1;
namespace reflection = ::grpc::reflection::v1alpha;

using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;

std::string health_bytes(health::HealthCheckResponse::ServingStatus status) {
  health::HealthCheckResponse reply;
  reply.set_status(status);
  return reply.SerializeAsString();
}

bool has_service(const std::vector<std::string>& services, const Message& request) {
  const std::string& asked = static_cast<const health::HealthCheckRequest&>(request).service();
  return asked.empty() || std::find(services.begin(), services.end(), asked) != services.end();
}

void add_file(const FileDescriptor* file, reflection::ServerReflectionResponse& reply) {
  if (file == nullptr) {
    reply.mutable_error_response()->set_error_code(static_cast<int>(absl::StatusCode::kNotFound));
    reply.mutable_error_response()->set_error_message("not found");
    return;
  }
  google::protobuf::FileDescriptorProto text;
  file->CopyTo(&text);
  reply.mutable_file_descriptor_response()->add_file_descriptor_proto(text.SerializeAsString());
}

// None of our protos is extended over the wire, but those of google.api extend descriptor.proto.
const FileDescriptor* file_of(const reflection::ExtensionRequest& extension) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  const auto* type = pool.FindMessageTypeByName(extension.containing_type());
  if (type == nullptr) return nullptr;
  const auto* found = pool.FindExtensionByNumber(type, extension.extension_number());
  return found == nullptr ? nullptr : found->file();
}

void add_extension_numbers(const std::string& type, reflection::ServerReflectionResponse& reply) {
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  const auto* found = pool.FindMessageTypeByName(type);
  if (found == nullptr) return add_file(nullptr, reply);
  std::vector<const google::protobuf::FieldDescriptor*> extensions;
  pool.FindAllExtensions(found, &extensions);
  auto& numbers = *reply.mutable_all_extension_numbers_response();
  numbers.set_base_type_name(type);
  for (const auto* extension : extensions) numbers.add_extension_number(extension->number());
}

std::string reflect(const std::vector<std::string>& services,
                    const reflection::ServerReflectionRequest& request) {
  using Request = reflection::ServerReflectionRequest;
  const DescriptorPool& pool = *DescriptorPool::generated_pool();
  reflection::ServerReflectionResponse reply;
  reply.set_valid_host(request.host());
  *reply.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case Request::kFileByFilename:
      add_file(pool.FindFileByName(request.file_by_filename()), reply);
      break;
    case Request::kFileContainingSymbol:
      add_file(pool.FindFileContainingSymbol(request.file_containing_symbol()), reply);
      break;
    case Request::kFileContainingExtension:
      add_file(file_of(request.file_containing_extension()), reply);
      break;
    case Request::kAllExtensionNumbersOfType:
      add_extension_numbers(request.all_extension_numbers_of_type(), reply);
      break;
    case Request::kListServices:
      for (const std::string& name : services) {
        reply.mutable_list_services_response()->add_service()->set_name(name);
      }
      break;
    case Request::MESSAGE_REQUEST_NOT_SET:
      reply.mutable_error_response()->set_error_code(
          static_cast<int>(absl::StatusCode::kInvalidArgument));
      reply.mutable_error_response()->set_error_message("nothing is asked for");
      break;
  }
  return reply.SerializeAsString();
}

}  // namespace

std::vector<OpenMethod> health_methods(const std::vector<std::string>& services) {
  using Response = health::HealthCheckResponse;
  OpenMethod check{.path = "/grpc.health.v1.Health/Check",
                   .form = OpenMethod::Form::Unary,
                   .request_prototype = &health::HealthCheckRequest::default_instance(),
                   .answer = {}};
  OpenMethod watch = check;
  check.answer = [services](const Message& request) -> absl::StatusOr<std::string> {
    if (has_service(services, request)) return health_bytes(Response::SERVING);
    return absl::NotFoundError("there is no such service");
  };
  watch.path = "/grpc.health.v1.Health/Watch";
  watch.form = OpenMethod::Form::Follow;
  watch.answer = [services](const Message& request) -> absl::StatusOr<std::string> {
    return health_bytes(has_service(services, request) ? Response::SERVING
                                                       : Response::SERVICE_UNKNOWN);
  };
  watch.last_answer = health_bytes(Response::NOT_SERVING);
  return {std::move(check), std::move(watch)};
}

std::vector<OpenMethod> reflection_methods(const std::vector<std::string>& services) {
  return {{.path = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
           .form = OpenMethod::Form::AnswerEach,
           .request_prototype = &reflection::ServerReflectionRequest::default_instance(),
           .answer = [services](const Message& request) -> absl::StatusOr<std::string> {
             return reflect(services,
                            static_cast<const reflection::ServerReflectionRequest&>(request));
           }}};
}

}  // namespace mex::api
