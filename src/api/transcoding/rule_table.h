#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "api/transcoding/name_policy.h"
#include "api/transcoding/path_template.h"

namespace mex::api::transcoding {

// One way to call a method over HTTP, from its google.api.http annotation.
struct Rule {
  std::string http_method;  // "GET", "POST", …
  PathTemplate path;
  std::string body;  // field that the body fills; "*": the whole request; empty: no body
  const google::protobuf::MethodDescriptor* method;
  NamePolicy names;

  // "/api.MexOSAgent/Provision"
  std::string rpc_path() const;
};

// The result of find(): a rule with its bindings; or no rule, and then the methods that the path
// has ("GET, POST"), empty if there is no such path.
struct Lookup {
  const Rule* rule = nullptr;
  std::vector<Binding> bindings;
  std::string allow;
  // No rule, but others for the same resources (/v1/proxies): not of the original's calls.
  bool is_resource = false;
};

// The rules of all services. Immutable, hence thread-safe; refers to the descriptors it was made
// from.
class RuleTable {
 public:
  // Refuses what this transcoder cannot serve: streaming methods, response_body, bindings of
  // fields that do not exist. Methods without an annotation have no REST path and are left out.
  static absl::StatusOr<RuleTable> from_services(
      const std::vector<const google::protobuf::ServiceDescriptor*>& services);

  // `path` as it was sent, without the query. HEAD is not GET here: the caller decides.
  Lookup find(std::string_view http_method, std::string_view path) const;

  const std::vector<Rule>& rules() const { return rules_; }

 private:
  std::vector<Rule> rules_;  // the more specific first
};

}  // namespace mex::api::transcoding
