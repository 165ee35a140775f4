#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nginx/model/instance.h"
#include "nginx/model/stored_instance.h"

namespace mex::store {
class Store;
}

namespace mex::nginx {

// The desired instances in the store, and which runtime has them. Thread-safe; calls wait for the
// disk.
class InstanceStore {
 public:
  explicit InstanceStore(store::Store& store) : store_(store) {}  // outlives this object

  // DataLoss names the record that cannot be read.
  absl::StatusOr<std::vector<StoredInstance>> list() const;
  absl::Status put(const StoredInstance& stored);
  // OK if there is none.
  absl::Status erase(const Instance& instance);

  // Runtime::kind() of what runs the stored instances; "" without instances.
  absl::StatusOr<std::string> runtime_kind() const;
  absl::Status put_runtime_kind(std::string_view kind);

 private:
  store::Store& store_;
};

}  // namespace mex::nginx
