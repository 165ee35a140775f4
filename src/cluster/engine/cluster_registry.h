#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "cluster/engine/cluster_engine.h"

namespace mex::cluster {

// The engines of all clusters. Thread-safe.
class ClusterRegistry {
 public:
  using Engine = std::shared_ptr<ClusterEngine>;

  // Null if there is none, or only one that is destroyed: a destroyed cluster stays in the registry
  // for a moment, until its engine says that it can be forgotten.
  Engine find(std::string_view tenant, std::string_view name) const;
  // An operation that runs or waits, or the latest of its cluster, with the engine that has it.
  struct FoundOperation {
    Engine engine;
    OperationView view;
  };
  std::optional<FoundOperation> find_operation(std::string_view id) const;
  // Sorted by tenant and name, destroyed ones too.
  std::vector<Engine> all() const;

  // Takes the place of a destroyed cluster of that name.
  void insert(std::string_view tenant, std::string_view name, Engine engine);
  void erase(std::string_view cluster_id);

 private:
  mutable base::Mutex mutex_;  // a leaf: no engine is called under it
  std::map<std::pair<std::string, std::string>, Engine> engines_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::cluster
