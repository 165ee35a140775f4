// Any bytes as a version, a bootstrap token, a plain YAML scalar, and as text in YAML that we
// write.

#include <yaml-cpp/yaml.h>

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "kubernetes/bootstrap_token.h"
#include "kubernetes/version.h"
#include "kubernetes/yaml_scalar.h"
#include "kubernetes/yaml_text.h"
#include "oracle.h"

namespace kubernetes = mex::kubernetes;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto version = kubernetes::parse_version(text); version.ok()) {
    const std::string whole = kubernetes::to_string(*version);
    const std::string bare = text.substr(text.starts_with('v') ? 1 : 0);
    require(bare == whole || bare + ".0" == whole, "a version is another one than it says");
    require(*kubernetes::parse_version(whole) == *version, "a version's own text is another one");
    require(*kubernetes::parse_server_version("v" + whole) == *version, "a server's differs");
  }
  const auto token = kubernetes::BootstrapToken::parse(mex::base::Secret(text));
  require(!token.ok() || token->text().reveal() == text, "a token has more than one text");
  if (const auto scalar = kubernetes::plain_scalar(text)) {
    require(!scalar->is_structured(), "a scalar is a structure");
    require(!scalar->is_string() || *scalar == text, "a text was changed");
  }
  if (mex::base::is_utf8(text)) {
    // A key and its colon are on one line of at most 1,024 characters (YAML 1.2.2 section 7.4.2); a
    // byte becomes six of them at most.
    const std::string key = size <= 160 ? text : "key";
    const nlohmann::ordered_json value = {{key, text}};
    const YAML::Node read = YAML::Load(kubernetes::yaml_text(value));
    require(read.IsMap() && read.size() == 1, "a text became syntax");
    require(read.begin()->first.Scalar() == key, "a key was changed");
    require(read.begin()->second.Scalar() == text, "a value was changed");
  }
  return 0;
}
