#include "nginx/reconcile/instance_store.h"

#include <charconv>
#include <system_error>
#include <utility>

#include "base/json_text.h"
#include "base/record_json.h"
#include "base/status.h"
#include "store/read_all.h"

namespace mex::nginx {
namespace {

constexpr std::string_view kRuntimeKey = "/nginx-runtime";

absl::StatusOr<StoredInstance> read(const store::Entry& record) {
  MEX_ASSIGN_OR_RETURN(StoredInstance stored, instance_from_json(record.value, record.key));
  if (instance_key(stored.instance) == record.key) return stored;
  return base::damaged_record(
      record.key, fmt::format("it is of the instance {}", base::quoted(stored.instance.name)));
}

// The numbers that stand where a record has its external ports, in whatever is left of it.
std::vector<std::uint16_t> external_ports(std::string_view text) {
  constexpr std::string_view kMember = "\"external\":";
  std::vector<std::uint16_t> ports;
  for (auto at = text.find(kMember); at != std::string_view::npos; at = text.find(kMember, at)) {
    at += kMember.size();
    std::uint16_t port = 0;
    const auto [stop, error] = std::from_chars(text.data() + at, text.data() + text.size(), port);
    if (error == std::errc() && port != 0) ports.push_back(port);
  }
  return ports;
}

}  // namespace

absl::StatusOr<std::vector<StoredInstance>> InstanceStore::list() {
  return store::read_all(store_, kInstancePrefix, read);
}

absl::Status InstanceStore::check_readable(std::string_view full_name) const {
  return store_.check_readable(std::string(kInstancePrefix).append(full_name));
}

std::vector<UnreadablePort> InstanceStore::unreadable_ports() const {
  std::vector<UnreadablePort> ports;
  for (const store::UnreadableRecord& record : store_.unreadable_records()) {
    if (!record.key.starts_with(kInstancePrefix)) continue;
    const auto entry = store_.get(record.key);
    if (!entry.ok()) continue;
    for (const std::uint16_t port : external_ports(entry->value)) {
      ports.push_back({port, record.key.substr(kInstancePrefix.size())});
    }
  }
  return ports;
}

absl::Status InstanceStore::put(const StoredInstance& stored) {
  store::Transaction transaction;
  transaction.put(instance_key(stored.instance), to_json(stored));
  return store_.commit(transaction).status();
}

absl::Status InstanceStore::erase(const Instance& instance) {
  store::Transaction transaction;
  transaction.erase(instance_key(instance));
  return store_.commit(transaction).status();
}

absl::StatusOr<std::string> InstanceStore::runtime_kind() {
  MEX_ASSIGN_OR_RETURN(const std::vector<store::Entry> records, store_.list(kInstancePrefix));
  if (records.empty()) return "";
  auto kind = store_.get(kRuntimeKey);
  if (absl::IsNotFound(kind.status())) return "";
  if (!kind.ok()) return kind.status();
  if (kind->value == "docker" || kind->value == "process") return std::move(kind->value);
  const absl::Status damaged = base::damaged_record(kRuntimeKey, "not one of docker, process");
  store_.set_aside(kRuntimeKey, damaged);
  return damaged;
}

absl::Status InstanceStore::put_runtime_kind(std::string_view kind) {
  if (store_.is_set_aside(kRuntimeKey)) return absl::OkStatus();
  store::Transaction transaction;
  transaction.put(std::string(kRuntimeKey), std::string(kind));
  return store_.commit(transaction).status();
}

}  // namespace mex::nginx
