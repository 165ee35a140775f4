#include "cluster/flavor/catalog.h"

#include <algorithm>
#include <utility>

#include "base/json_text.h"
#include "base/log.h"
#include "base/record_json.h"
#include "base/status.h"
#include "cluster/flavor/builtin.h"
#include "cluster/flavor/check.h"
#include "store/read_all.h"

namespace mex::cluster {
namespace {

constexpr std::string_view kFlavors = "/flavors/";

std::string key_of(std::string_view name) { return fmt::format("{}{}", kFlavors, name); }

absl::StatusOr<FlavorRecord> read_flavor(const store::Entry& entry) {
  MEX_ASSIGN_OR_RETURN(FlavorRecord record, flavor_record_from_json(entry.value, entry.key));
  if (key_of(record.flavor.name) == entry.key) return record;
  return base::damaged_record(
      entry.key, fmt::format("it is of the flavor {}", base::quoted(record.flavor.name)));
}

std::string some_of(const std::vector<std::string>& users) {
  constexpr std::size_t kNamed = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(users.size(), kNamed); ++i) {
    text += (text.empty() ? "" : ", ") + users[i];
  }
  if (users.size() > kNamed) text += fmt::format(" and {} more", users.size() - kNamed);
  return text;
}

}  // namespace

absl::StatusOr<std::unique_ptr<FlavorCatalog>> FlavorCatalog::open(store::Store& store,
                                                                   const base::Clock& clock,
                                                                   AddressPool platform_pool) {
  MEX_ASSIGN_OR_RETURN(std::vector<FlavorRecord> records,
                       store::read_all(store, kFlavors, read_flavor));
  auto flavors = std::make_shared<FlavorSet>(built_in_flavors());
  for (FlavorRecord& record : records) {
    const std::string name = record.flavor.name;
    if (!flavors->emplace(name, std::move(record)).second) {
      log::warning("a flavor of the store is hidden by a built-in one of its name",
                   {{"key", key_of(name)}});
    }
  }
  std::unique_ptr<FlavorCatalog> catalog(new FlavorCatalog(store, clock, platform_pool));
  catalog->publish(std::move(flavors));
  return catalog;
}

std::shared_ptr<const FlavorSet> FlavorCatalog::snapshot() const {
  const base::MutexLock lock(mutex_);
  return flavors_;
}

void FlavorCatalog::publish(std::shared_ptr<const FlavorSet> flavors) {
  const base::MutexLock lock(mutex_);
  flavors_ = std::move(flavors);
}

absl::StatusOr<FlavorRecord> FlavorCatalog::find(std::string_view name) const {
  const auto flavors = snapshot();
  const auto found = flavors->find(name);
  if (found != flavors->end()) return found->second;
  MEX_RETURN_IF_ERROR(store_.check_readable(key_of(name)));
  return base::error(absl::StatusCode::kNotFound, "there is no flavor {}", name);
}

absl::StatusOr<FlavorRecord> FlavorCatalog::find_changeable(std::string_view name) const {
  MEX_ASSIGN_OR_RETURN(FlavorRecord record, find(name));
  if (!record.is_built_in) return record;
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "the flavor {} is built in and cannot be changed; create one of another name",
                     name);
}

absl::Status FlavorCatalog::put(const FlavorRecord& record) {
  const std::string key = key_of(record.flavor.name);
  store::Transaction transaction;
  if (record.revision == 1) {
    transaction.expect_absent(key);
  } else {
    transaction.expect_exists(key);
  }
  transaction.put(key, to_json(record));
  MEX_RETURN_IF_ERROR(
      base::annotate(store_.commit(transaction).status(), "the flavor was not stored"));
  auto flavors = std::make_shared<FlavorSet>(*snapshot());
  (*flavors)[record.flavor.name] = record;
  publish(std::move(flavors));
  return absl::OkStatus();
}

absl::StatusOr<FlavorRecord> FlavorCatalog::create(ClusterFlavor flavor) {
  MEX_RETURN_IF_ERROR(check_flavor(flavor, platform_pool_));
  const base::MutexLock change(change_mutex_);
  const absl::Status found = find(flavor.name).status();
  if (absl::IsFailedPrecondition(found)) return found;
  if (found.ok()) {
    return base::with_detail(base::error(absl::StatusCode::kAlreadyExists,
                                         "flavor.name: there is a flavor {} already", flavor.name),
                             {.field = "flavor.name", .request_id = {}, .cloud_code = {}});
  }
  FlavorRecord record;
  record.flavor = std::move(flavor);
  record.created = record.changed = clock_.wall_now();
  MEX_RETURN_IF_ERROR(put(record));
  return record;
}

absl::StatusOr<FlavorRecord> FlavorCatalog::replace(ClusterFlavor flavor, std::int64_t expected) {
  MEX_RETURN_IF_ERROR(check_flavor(flavor, platform_pool_));
  const base::MutexLock change(change_mutex_);
  MEX_ASSIGN_OR_RETURN(FlavorRecord record, find_changeable(flavor.name));
  if (expected != 0 && expected != record.revision) {
    return base::with_detail(
        base::error(absl::StatusCode::kAborted,
                    "flavor.revision: the flavor {} is at revision {}, not {}; read it again",
                    flavor.name, record.revision, expected),
        {.field = "flavor.revision", .request_id = {}, .cloud_code = {}});
  }
  record.flavor = std::move(flavor);
  record.changed = clock_.wall_now();
  ++record.revision;
  MEX_RETURN_IF_ERROR(put(record));
  return record;
}

absl::Status FlavorCatalog::remove(std::string_view name, const std::vector<std::string>& users) {
  const base::MutexLock change(change_mutex_);
  MEX_RETURN_IF_ERROR(find_changeable(name).status());
  if (!users.empty()) {
    return base::error(absl::StatusCode::kFailedPrecondition,
                       "the flavor {} has clusters: {}; destroy them first", name, some_of(users));
  }
  store::Transaction transaction;
  transaction.erase(key_of(name));
  MEX_RETURN_IF_ERROR(
      base::annotate(store_.commit(transaction).status(), "the flavor was not deleted"));
  auto flavors = std::make_shared<FlavorSet>(*snapshot());
  flavors->erase(flavors->find(name));
  publish(std::move(flavors));
  return absl::OkStatus();
}

}  // namespace mex::cluster
