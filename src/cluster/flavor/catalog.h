#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "cluster/flavor/address_pool.h"
#include "cluster/flavor/record.h"
#include "store/store.h"

namespace mex::cluster {

// All flavors: the built-in ones and those of the store (/flavors/<name>). Thread-safe. A change is
// in the store when its call returns OK; it is Unavailable if it could not be written.
class FlavorCatalog {
 public:
  // Reads the store. `store` and `clock` outlive the catalog; `platform_pool` is what flavors
  // without an address pool get. A record that cannot be read is set aside, and its name stays
  // given: the calls below answer FailedPrecondition.
  static absl::StatusOr<std::unique_ptr<FlavorCatalog>> open(store::Store& store,
                                                             const base::Clock& clock,
                                                             AddressPool platform_pool);
  FlavorCatalog(const FlavorCatalog&) = delete;
  FlavorCatalog& operator=(const FlavorCatalog&) = delete;

  // All of them at one moment; never null.
  std::shared_ptr<const FlavorSet> snapshot() const;
  // NotFound if there is none of that name.
  absl::StatusOr<FlavorRecord> find(std::string_view name) const;

  // Its first revision. InvalidArgument as check_flavor; AlreadyExists if the name is given.
  absl::StatusOr<FlavorRecord> create(ClusterFlavor flavor);

  // The next revision of the flavor of that name. Clusters keep the one they were made from.
  //   InvalidArgument     as check_flavor
  //   NotFound            there is none of that name
  //   FailedPrecondition  it is built in
  //   Aborted             `expected` is given (not 0) and is not its revision any more
  absl::StatusOr<FlavorRecord> replace(ClusterFlavor flavor, std::int64_t expected);

  // `users` are the clusters made from it, whatever their state, as "tenant/name".
  //   NotFound            there is none of that name
  //   FailedPrecondition  it is built in, or there are users: names up to three of them
  absl::Status remove(std::string_view name, const std::vector<std::string>& users);

 private:
  FlavorCatalog(store::Store& store, const base::Clock& clock, AddressPool platform_pool)
      : store_(store), clock_(clock), platform_pool_(platform_pool) {}

  absl::StatusOr<FlavorRecord> find_changeable(std::string_view name) const;
  absl::Status put(const FlavorRecord& record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(change_mutex_);
  void publish(std::shared_ptr<const FlavorSet> flavors);

  store::Store& store_;
  const base::Clock& clock_;
  const AddressPool platform_pool_;
  base::Mutex change_mutex_;  // held over a whole change, its write to the store included
  mutable base::Mutex mutex_;
  std::shared_ptr<const FlavorSet> flavors_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::cluster
