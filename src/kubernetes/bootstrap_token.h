#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/secret.h"

namespace mex::kubernetes {

// What a machine shows to an API server to be let into the cluster: "abcdef.0123456789abcdef". The
// part before the dot is public, the other is not.
class BootstrapToken {
 public:
  static BootstrapToken generate();

  // InvalidArgument if `text` is not [a-z0-9]{6}.[a-z0-9]{16}; the message does not show it.
  static absl::StatusOr<BootstrapToken> parse(const base::Secret& text);

  const std::string& id() const { return id_; }
  const base::Secret& secret() const { return secret_; }
  base::Secret text() const;

 private:
  BootstrapToken(std::string id, base::Secret secret);

  std::string id_;
  base::Secret secret_;
};

// The Secret in kube-system that makes a running cluster take `token` until `end`: for machines
// that join after the first token's time. To be applied; holds the token in the clear.
nlohmann::json bootstrap_token_manifest(const BootstrapToken& token, base::WallTime end);

}  // namespace mex::kubernetes
