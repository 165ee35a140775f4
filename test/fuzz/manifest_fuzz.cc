// Any bytes as manifests: objects that can be written as JSON and read again as the same, or an
// error; never an exception, and never more than the text can stand for.

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/utf8.h"
#include "kubernetes/manifest.h"
#include "kubernetes/yaml_text.h"
#include "oracle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto objects = mex::kubernetes::parse_manifests(text);
  if (!objects.ok()) return 0;
  for (const nlohmann::json& object : *objects) {
    // Broken UTF-8 is replaced when it is written, so it does not come back.
    const std::string dumped =
        object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const auto ordered = nlohmann::ordered_json::parse(dumped, nullptr, false);
    require(!ordered.is_discarded(), "an object cannot be written as JSON");
    const auto again = mex::kubernetes::parse_manifests(mex::kubernetes::yaml_text(ordered));
    require(again.ok() && again->size() == 1, "our own YAML is refused");
    require(again->front() == nlohmann::json::parse(dumped, nullptr, false),
            "our own YAML reads as something else");
  }
  return 0;
}
