#include "cluster/steps/volumes.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "cluster/steps/make_once.h"

namespace mex::cluster {
namespace {

using openstack::CallContext;
using openstack::Volume;

// In which Cinder fills a volume.
constexpr std::array<std::string_view, 3> kBeingMade{"creating", "downloading", "restoring-backup"};
// In which Cinder takes a DELETE.
constexpr std::array<std::string_view, 2> kRemovable{"available", "error"};

template <typename Statuses>
bool is_one_of(const Volume& volume, const Statuses& statuses) {
  return std::find(statuses.begin(), statuses.end(), volume.status) != statuses.end();
}

bool has_failed(const Volume& volume) { return volume.status.starts_with("error"); }

Outcome under_way(const Volume& volume, std::string_view what) {
  Outcome outcome = failure(
      refusal(absl::StatusCode::kUnavailable,
              fmt::format("volume {} ({}) is {}, {}", volume.name, volume.id, volume.status, what),
              "VolumeUnderWay"));
  outcome.resource_id = volume.id;
  outcome.is_under_way = true;
  return outcome;
}

// With what Cinder tells its users of it: the status alone does not say why.
Outcome failed(Cloud& cloud, const Volume& volume, std::string_view what,
               const CallContext& context) {
  CallContext untraced = context;  // the request id of the volume is the one to show
  untraced.trace = nullptr;
  const auto message = cloud.cinder.last_message(volume.id, untraced);
  const std::string why = message.ok() && !message->empty() ? ": " + *message : std::string();
  Outcome outcome =
      failure(refusal(absl::StatusCode::kFailedPrecondition,
                      fmt::format("volume {} ({}): Cinder could not {} it (status {}){}",
                                  volume.name, volume.id, what, volume.status, why),
                      "VolumeError"));
  outcome.resource_id = volume.id;
  return outcome;
}

// Of that name and with that mark. One that goes is not there any more.
absl::StatusOr<std::optional<std::string>> find_volume(Cloud& cloud, const std::string& name,
                                                       const Owner& owner,
                                                       const CallContext& context) {
  MEX_ASSIGN_OR_RETURN(auto volumes, cloud.cinder.list_volumes(name, context));
  std::erase_if(volumes, [&](const Volume& volume) {
    return volume.description != mark_of(owner) || volume.status == "deleting" ||
           has_failed(volume);
  });
  return first_id(volumes);
}

}  // namespace

Outcome perform(Cloud& cloud, const CreateVolume& create, const Attempt& attempt,
                const CallContext& context) {
  return make_once(
      {ResourceKind::Volume, create.slot}, attempt,
      [&] { return find_volume(cloud, create.body.name, attempt.owner, context); },
      [&] { return id_of(cloud.cinder.create_volume(create.body, context)); });
}

Outcome perform(Cloud& cloud, const AwaitVolume& await, const Attempt& attempt,
                const CallContext& context) {
  const auto volume =
      cloud.cinder.get_volume(id_at(attempt, ResourceKind::Volume, await.slot), context);
  if (!volume.ok()) return failure(volume.status());
  if (is_one_of(*volume, kBeingMade)) return under_way(*volume, "and not made yet");
  if (has_failed(*volume)) return failed(cloud, *volume, "make", context);
  if (volume->status == "deleting") {
    return failure(absl::NotFoundError(fmt::format("volume {} is being deleted", volume->id)));
  }
  // In use: by a server whose call's answer was lost.
  Outcome outcome;
  outcome.resource_id = volume->id;
  return outcome;
}

Outcome remove_volume(Cloud& cloud, const OwnedResource& volume, const CallContext& context) {
  Outcome outcome;
  outcome.resource_id = volume.id();
  const auto seen = cloud.cinder.get_volume(volume.id(), context);
  if (absl::IsNotFound(seen.status())) return outcome;
  outcome.status = seen.status();
  if (!seen.ok()) return outcome;
  if (seen->status == "error_deleting") return failed(cloud, *seen, "delete", context);
  if (!is_one_of(*seen, kRemovable)) return under_way(*seen, "and not gone yet");
  const absl::Status status = cloud.cinder.delete_volume(volume.id(), context);
  // Nova was faster, or is just letting go of it.
  if (!status.ok() && !absl::IsInvalidArgument(status)) {
    outcome.status = status;
    return outcome;
  }
  return under_way(*seen, "and is being deleted");
}

}  // namespace mex::cluster
