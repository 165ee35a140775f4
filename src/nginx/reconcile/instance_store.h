#pragma once

#include <cstdint>
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

// A port of this machine that an instance may have whose record cannot be read.
struct UnreadablePort {
  std::uint16_t number = 0;
  std::string instance;  // its full name

  bool operator==(const UnreadablePort&) const = default;
};

// The desired instances in the store, and which runtime has them. Thread-safe; calls wait for the
// disk.
class InstanceStore {
 public:
  explicit InstanceStore(store::Store& store) : store_(store) {}  // outlives this object

  // A record that cannot be read is set aside and left out. Errors are the store's.
  absl::StatusOr<std::vector<StoredInstance>> list();
  absl::Status put(const StoredInstance& stored);
  // OK if there is none.
  absl::Status erase(const Instance& instance);

  // FailedPrecondition, naming the record, if the instance's is set aside: what runs by this full
  // name is to go on as it is.
  absl::Status check_readable(std::string_view full_name) const;
  // The ports that instances have whose records are set aside, as far as they can be read.
  std::vector<UnreadablePort> unreadable_ports() const;

  // Runtime::kind() of what runs the stored instances; "" without instances. DataLoss, and set
  // aside, if it is no kind of runtime.
  absl::StatusOr<std::string> runtime_kind();
  // Nothing happens while the kind that is kept is set aside.
  absl::Status put_runtime_kind(std::string_view kind);

 private:
  store::Store& store_;
};

}  // namespace mex::nginx
