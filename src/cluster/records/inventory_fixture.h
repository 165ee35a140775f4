#pragma once

#include <string>
#include <utility>

#include "cluster/records/inventory.h"
#include "cluster/records/owned_resource.h"
#include "cluster/records/records.h"
#include "cluster/spec/spec_fixture.h"

// For tests: what the cloud and the journal hold of the cluster of spec_fixture.h.
namespace mex::cluster {

inline ObservedResource seen_at(const ResourceKey& key, std::string id,
                                std::string status = "ACTIVE") {
  return {key.kind, std::move(id), resource_name("test-1", kTestClusterId, key), std::move(status),
          true};
}

// Everything of the cluster, with ids "id of network", "id of server master-1", ….
inline Inventory whole_inventory() {
  Inventory inventory;
  for (const ResourceKey& key : resource_keys(test_spec())) {
    inventory.push_back(seen_at(key, "id of " + to_string(key)));
  }
  return inventory;
}

inline ResourceIds whole_journal() {
  ResourceIds journal;
  for (const ResourceKey& key : resource_keys(test_spec()))
    journal[key] = "id of " + to_string(key);
  return journal;
}

// The cluster at rest, with all of it.
inline ClusterRecord whole_record() {
  ClusterRecord record;
  record.id = kTestClusterId;
  record.spec = test_spec();
  record.phase = ClusterPhase::Active;
  record.resources = whole_journal();
  record.has_cloud_resources = true;
  return record;
}

inline OwnedResource owned_at(const ResourceKey& key, const std::string& id) {
  return *OwnedResource::prove(seen_at(key, id), {}, test_spec(), kTestClusterId);
}

}  // namespace mex::cluster
