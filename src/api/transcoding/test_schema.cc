#include "api/transcoding/test_schema.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/text_format.h>
#include <google/protobuf/timestamp.pb.h>

#include <string_view>
#include <utility>

#include "base/check.h"
#include "google/api/annotations.pb.h"

namespace mex::api::transcoding {
namespace {

constexpr char kSchema[] = R"(
name: "test.proto" package: "test" syntax: "proto3"
dependency: "google/api/annotations.proto"
dependency: "google/protobuf/duration.proto"
dependency: "google/protobuf/timestamp.proto"
enum_type { name: "Color"
  value { name: "NONE" number: 0 } value { name: "RED" number: 1 } }
message_type { name: "Part"
  field { name: "name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "size" number: 2 type: TYPE_INT32 label: LABEL_OPTIONAL } }
message_type { name: "Thing"
  field { name: "name" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "parts" number: 2 type: TYPE_MESSAGE type_name: ".test.Part" label: LABEL_REPEATED }
  field { name: "main" number: 3 type: TYPE_MESSAGE type_name: ".test.Part" label: LABEL_OPTIONAL }
  field { name: "on" number: 4 type: TYPE_BOOL label: LABEL_OPTIONAL }
  field { name: "color" number: 5 type: TYPE_ENUM type_name: ".test.Color" label: LABEL_OPTIONAL }
  field { name: "tags" number: 6 type: TYPE_STRING label: LABEL_REPEATED }
  field { name: "labels" number: 7 type: TYPE_MESSAGE type_name: ".test.Thing.LabelsEntry"
          label: LABEL_REPEATED }
  field { name: "big" number: 8 type: TYPE_UINT64 label: LABEL_OPTIONAL }
  field { name: "ratio" number: 9 type: TYPE_DOUBLE label: LABEL_OPTIONAL }
  field { name: "made_at" number: 10 type: TYPE_MESSAGE type_name: ".google.protobuf.Timestamp"
          label: LABEL_OPTIONAL }
  field { name: "raw" number: 11 type: TYPE_BYTES label: LABEL_OPTIONAL }
  field { name: "wait" number: 12 type: TYPE_MESSAGE type_name: ".google.protobuf.Duration"
          label: LABEL_OPTIONAL }
  field { name: "pauses" number: 13 type: TYPE_MESSAGE type_name: ".google.protobuf.Duration"
          label: LABEL_REPEATED }
  nested_type { name: "LabelsEntry" options { map_entry: true }
    field { name: "key" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
    field { name: "value" number: 2 type: TYPE_STRING label: LABEL_OPTIONAL } } }
service { name: "Things"
  method { name: "Make" input_type: ".test.Thing" output_type: ".test.Thing"
    options { [google.api.http] { post: "/v1/things" body: "*" } } }
  method { name: "Get" input_type: ".test.Thing" output_type: ".test.Thing"
    options { [google.api.http] { get: "/v1/things/{name}"
              additional_bindings { get: "/v1/parts/{main.name}" } } } }
  method { name: "Replace" input_type: ".test.Thing" output_type: ".test.Thing"
    options { [google.api.http] { put: "/v1/things/{name}" body: "main" } } }
  method { name: "Paint" input_type: ".test.Thing" output_type: ".test.Thing"
    options { [google.api.http] { post: "/v1/things/{name}:paint" body: "*" } } }
  method { name: "Look" input_type: ".test.Thing" output_type: ".test.Thing"
    options { [google.api.http] { custom { kind: "LOOK" path: "/v1/things" } } } }
  method { name: "Internal" input_type: ".test.Thing" output_type: ".test.Thing" } }
service { name: "Streaming"
  method { name: "Watch" input_type: ".test.Thing" output_type: ".test.Thing"
    server_streaming: true options { [google.api.http] { get: "/v1/watch" } } } }
service { name: "UnknownField"
  method { name: "Get" input_type: ".test.Thing" output_type: ".test.Thing"
    options { [google.api.http] { get: "/v1/{nothing}" } } } }
service { name: "ListInPath"
  method { name: "Get" input_type: ".test.Thing" output_type: ".test.Thing"
    options { [google.api.http] { get: "/v1/{tags}" } } } }
service { name: "ScalarBody"
  method { name: "Put" input_type: ".test.Thing" output_type: ".test.Thing"
    options { [google.api.http] { put: "/v1/things" body: "name" } } } }
service { name: "ResponseBody"
  method { name: "Get" input_type: ".test.Thing" output_type: ".test.Thing"
    options { [google.api.http] { get: "/v1/things" response_body: "main" } } } }
service { name: "NoPattern"
  method { name: "Get" input_type: ".test.Thing" output_type: ".test.Thing"
    options { [google.api.http] { body: "*" } } } }
)";

std::string schema_text(const std::string& package) {
  std::string text(kSchema);
  const auto replace = [&text](std::string_view from, const std::string& to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
      text.replace(at, from.size(), to);
    }
  };
  replace("\".test.", "\"." + package + ".");
  replace("package: \"test\"", "package: \"" + package + "\"");
  return text;
}

}  // namespace

TestSchema::TestSchema(std::string package)
    : package_(std::move(package)), pool_(google::protobuf::DescriptorPool::generated_pool()) {
  // Linked-in files enter the generated pool when they are first asked for.
  google::api::Http::descriptor();
  google::protobuf::Duration::descriptor();
  google::protobuf::Timestamp::descriptor();
  google::protobuf::FileDescriptorProto file;
  MEX_CHECK(google::protobuf::TextFormat::ParseFromString(schema_text(package_), &file),
            "schema text");
  MEX_CHECK(pool_.BuildFile(file) != nullptr, "schema");
}

const google::protobuf::ServiceDescriptor& TestSchema::service(const std::string& name) const {
  const auto* found = pool_.FindServiceByName(package_ + "." + name);
  MEX_CHECK(found != nullptr, name);
  return *found;
}

const google::protobuf::Descriptor& TestSchema::message(const std::string& name) const {
  const auto* found = pool_.FindMessageTypeByName(package_ + "." + name);
  MEX_CHECK(found != nullptr, name);
  return *found;
}

std::unique_ptr<google::protobuf::Message> TestSchema::make(const std::string& name) {
  return std::unique_ptr<google::protobuf::Message>(factory_.GetPrototype(&message(name))->New());
}

}  // namespace mex::api::transcoding
