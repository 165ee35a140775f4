#include "cluster/records/references.h"

#include <fmt/format.h>

namespace mex::cluster {

std::string to_string(const CloudReference& reference) {
  if (reference.id.empty()) return reference.name;
  if (reference.name.empty() || reference.name == reference.id) return reference.id;
  return fmt::format("{} ({})", reference.name, reference.id);
}

void keep(CloudReferences& references, const CloudReferences& found) {
  base::for_each_field<CloudReferences>([&](const auto& field) {
    if (!(found.*field.member).id.empty()) references.*field.member = found.*field.member;
    return true;
  });
}

}  // namespace mex::cluster
