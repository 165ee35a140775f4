#include "kubernetes/services/service_feeds.h"

#include <array>
#include <string_view>
#include <utility>

#include "base/json_text.h"
#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "kubernetes/json_access.h"

namespace mex::kubernetes {
namespace {

using nlohmann::json;

constexpr const char* kServiceLabel = "kubernetes.io/service-name";
constexpr std::size_t kMaxSlices = 1000;
constexpr int kTimesNotFound = 5;

// Groups that have the endpoints of services, the best first.
constexpr std::array<std::string_view, 3> kSliceSources{"/apis/discovery.k8s.io/v1",
                                                        "/apis/discovery.k8s.io/v1beta1", ""};

std::string path_in(std::string_view group, std::string_view name_space, std::string_view kind) {
  return fmt::format("{}/namespaces/{}/{}", group, http_client::percent_encode(name_space), kind);
}

std::string by_field_name(std::string_view name) {
  return "fieldSelector=" + http_client::percent_encode(fmt::format("metadata.name={}", name));
}

std::string by_service_label(std::string_view service) {
  return "labelSelector=" +
         http_client::percent_encode(fmt::format("{}={}", kServiceLabel, service));
}

// "web of the namespace shop"
std::string named(std::string_view name, std::string_view name_space) {
  return fmt::format("{} of the namespace {}", name, name_space);
}

absl::Status foreign_object(const json& object) {
  return base::error(absl::StatusCode::kInternal, "the answer has the object {}, not asked for",
                     base::quoted(object_name(object)));
}

// An error the first time, so that the list is read once more.
absl::Status believe_absence(bool& is_doubted, std::string_view what) {
  if (is_doubted) {
    is_doubted = false;
    return absl::OkStatus();
  }
  is_doubted = true;
  return base::error(absl::StatusCode::kUnavailable,
                     "a list lacks {}: it is read once more before that is believed", what);
}

}  // namespace

ServiceFeed::ServiceFeed(std::string name_space, std::string name, const Limits& limits)
    : ObjectFeed("the service " + named(name, name_space),
                 path_in("/api/v1", name_space, "services"), by_field_name(name), limits),
      name_space_(std::move(name_space)),
      name_(std::move(name)) {}

absl::Status ServiceFeed::replace_all(const std::vector<json>& objects) {
  if (objects.empty()) {
    if (service_) MEX_RETURN_IF_ERROR(believe_absence(is_doubted_, "the service"));
    service_.reset();
    return absl::OkStatus();
  }
  for (const json& object : objects) MEX_RETURN_IF_ERROR(put(object));
  is_doubted_ = false;
  return absl::OkStatus();
}

absl::Status ServiceFeed::put(const json& object) {
  if (object_name(object) != name_space_ + "/" + name_) return foreign_object(object);
  MEX_ASSIGN_OR_RETURN(service_, service_from_json(object));
  return absl::OkStatus();
}

absl::Status ServiceFeed::erase(const json& object) {
  if (object_name(object) != name_space_ + "/" + name_) return foreign_object(object);
  service_.reset();
  return absl::OkStatus();
}

SliceFeed::SliceFeed(std::string name_space, std::string service, const Limits& limits)
    : ObjectFeed("the endpoints of " + named(service, name_space),
                 path_in(kSliceSources[0], name_space, "endpointslices"), by_service_label(service),
                 limits),
      name_space_(std::move(name_space)),
      service_(std::move(service)) {}

std::vector<EndpointSlice> SliceFeed::slices() const {
  std::vector<EndpointSlice> all;
  for (const auto& [name, slices] : by_name_) all.insert(all.end(), slices.begin(), slices.end());
  return all;
}

bool SliceFeed::is_of_endpoints() const { return kSliceSources[source_].empty(); }

// NotFound of a list is a path that the server does not have: the list of a namespace that is not
// there is empty. One that had it loses it with an upgrade at most, so its word is taken late.
bool SliceFeed::find_other_path(const absl::Status& status, std::string& path, std::string& query) {
  const bool is_any_left = sources_refused_ + 1 < static_cast<int>(kSliceSources.size());
  if (!absl::IsNotFound(status) || !is_any_left) return false;
  if (has_list() && ++times_not_found_ < kTimesNotFound) return false;
  times_not_found_ = 0;
  ++sources_refused_;
  source_ = (source_ + 1) % kSliceSources.size();
  if (is_of_endpoints()) {
    path = path_in("/api/v1", name_space_, "endpoints");
    query = by_field_name(service_);
  } else {
    path = path_in(kSliceSources[source_], name_space_, "endpointslices");
    query = by_service_label(service_);
  }
  return true;
}

absl::Status SliceFeed::check_owner(const json& object) const {
  const json& metadata = member(object, "metadata");
  const bool is_of_service = is_of_endpoints()
                                 ? text_at(metadata, "name") == service_
                                 : text_at(member(metadata, "labels"), kServiceLabel) == service_;
  const bool is_ours = text_at(metadata, "namespace") == name_space_ && is_of_service &&
                       !text_at(metadata, "name").empty();
  return is_ours ? absl::OkStatus() : foreign_object(object);
}

absl::StatusOr<SliceFeed::Slices> SliceFeed::read(const json& object) const {
  MEX_RETURN_IF_ERROR(check_owner(object));
  if (is_of_endpoints()) return slices_from_endpoints(object);
  MEX_ASSIGN_OR_RETURN(EndpointSlice slice, slice_from_json(object));
  return Slices{std::move(slice)};
}

absl::Status SliceFeed::replace_all(const std::vector<json>& objects) {
  std::map<std::string, Slices> next;
  for (const json& object : objects) {
    MEX_ASSIGN_OR_RETURN(next[text_at(member(object, "metadata"), "name")], read(object));
  }
  if (next.size() > kMaxSlices) {
    return base::error(absl::StatusCode::kResourceExhausted, "more than {} slices", kMaxSlices);
  }
  // A service without pods has slices without endpoints, which is another thing.
  if (next.empty() && !by_name_.empty()) {
    MEX_RETURN_IF_ERROR(believe_absence(is_doubted_, "the endpoints"));
  }
  is_doubted_ = false;
  sources_refused_ = 0;
  times_not_found_ = 0;
  by_name_ = std::move(next);
  return absl::OkStatus();
}

absl::Status SliceFeed::put(const json& object) {
  MEX_ASSIGN_OR_RETURN(Slices slices, read(object));
  if (by_name_.size() >= kMaxSlices) {
    return base::error(absl::StatusCode::kResourceExhausted, "more than {} slices", kMaxSlices);
  }
  by_name_[text_at(member(object, "metadata"), "name")] = std::move(slices);
  return absl::OkStatus();
}

// What a controller moves to another slice is in that one before it leaves this one.
absl::Status SliceFeed::erase(const json& object) {
  MEX_RETURN_IF_ERROR(check_owner(object));
  by_name_.erase(text_at(member(object, "metadata"), "name"));
  return absl::OkStatus();
}

NodeFeed::NodeFeed(const Limits& limits) : ObjectFeed("the nodes", "/api/v1/nodes", "", limits) {}

absl::Status NodeFeed::replace_all(const std::vector<json>& objects) {
  std::map<std::string, ServiceNode> next;
  for (const json& object : objects) {
    MEX_ASSIGN_OR_RETURN(ServiceNode node, service_node_from_json(object));
    std::string name = node.name;
    next.insert_or_assign(std::move(name), std::move(node));
  }
  if (next.empty() && !nodes_.empty()) {
    MEX_RETURN_IF_ERROR(believe_absence(is_doubted_, "all nodes"));
  }
  is_doubted_ = false;
  nodes_ = std::move(next);
  return absl::OkStatus();
}

absl::Status NodeFeed::put(const json& object) {
  MEX_ASSIGN_OR_RETURN(ServiceNode node, service_node_from_json(object));
  std::string name = node.name;
  nodes_.insert_or_assign(std::move(name), std::move(node));
  return absl::OkStatus();
}

absl::Status NodeFeed::erase(const json& object) {
  nodes_.erase(object_name(object));
  return absl::OkStatus();
}

}  // namespace mex::kubernetes
