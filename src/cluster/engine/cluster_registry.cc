#include "cluster/engine/cluster_registry.h"

namespace mex::cluster {

ClusterRegistry::Engine ClusterRegistry::find(std::string_view tenant,
                                              std::string_view name) const {
  Engine engine;
  {
    const base::MutexLock lock(mutex_);
    const auto found = engines_.find({std::string(tenant), std::string(name)});
    if (found != engines_.end()) engine = found->second;
  }
  if (engine != nullptr && engine->is_destroyed()) return nullptr;
  return engine;
}

std::optional<ClusterRegistry::FoundOperation> ClusterRegistry::find_operation(
    std::string_view id) const {
  for (const Engine& engine : all()) {
    for (OperationView& operation : engine->operations()) {
      if (operation.id == id) return FoundOperation{engine, std::move(operation)};
    }
  }
  return std::nullopt;
}

std::vector<ClusterRegistry::Engine> ClusterRegistry::all() const {
  const base::MutexLock lock(mutex_);
  std::vector<Engine> all;
  all.reserve(engines_.size());
  for (const auto& [name, engine] : engines_) all.push_back(engine);
  return all;
}

void ClusterRegistry::insert(std::string_view tenant, std::string_view name, Engine engine) {
  const base::MutexLock lock(mutex_);
  engines_[{std::string(tenant), std::string(name)}] = std::move(engine);
}

void ClusterRegistry::erase(std::string_view cluster_id) {
  const base::MutexLock lock(mutex_);
  std::erase_if(engines_, [&](const auto& entry) { return entry.second->id() == cluster_id; });
}

}  // namespace mex::cluster
