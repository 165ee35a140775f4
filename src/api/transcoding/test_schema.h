#pragma once

// A schema with every kind of field and rule, made at run time, so that tests of the transcoder do
// not depend on the agent's own protos.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>

#include <memory>
#include <string>

namespace mex::api::transcoding {

class TestSchema {
 public:
  // `package` decides how names are judged (name_policy.h).
  explicit TestSchema(std::string package = "test");

  const google::protobuf::ServiceDescriptor& service(const std::string& name) const;
  const google::protobuf::Descriptor& message(const std::string& name) const;
  std::unique_ptr<google::protobuf::Message> make(const std::string& name);
  google::protobuf::MessageFactory& factory() { return factory_; }

 private:
  const std::string package_;
  google::protobuf::DescriptorPool pool_;
  google::protobuf::DynamicMessageFactory factory_;
};

}  // namespace mex::api::transcoding
