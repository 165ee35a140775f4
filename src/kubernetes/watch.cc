#include "kubernetes/watch.h"

#include <string_view>
#include <utility>

#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "kubernetes/api_error.h"
#include "kubernetes/json_access.h"
#include "kubernetes/listing.h"

namespace mex::kubernetes {
namespace {

// After so long the server ends the answer by itself; a connection that died unseen is noticed
// then.
constexpr int kAnswerSeconds = 240;
constexpr std::size_t kMaxLine = std::size_t{16} << 20U;

std::optional<WatchEvent::Type> type_of(std::string_view name) {
  if (name == "ADDED") return WatchEvent::Type::Added;
  if (name == "MODIFIED") return WatchEvent::Type::Modified;
  if (name == "DELETED") return WatchEvent::Type::Deleted;
  return std::nullopt;
}

}  // namespace

Watch::Watch(Client& client, std::string path) : client_(client), path_(std::move(path)) {}

absl::StatusOr<std::optional<WatchEvent>> Watch::next(const base::CallLimits& limits) {
  while (events_.empty()) {
    const absl::Status status = resource_version_.empty() ? list(limits)
                                : stream_ == nullptr      ? open(limits)
                                                          : read(limits);
    if (absl::IsDeadlineExceeded(status)) return std::nullopt;
    if (absl::IsOutOfRange(status)) {
      begin_anew();
    } else if (!status.ok()) {
      return status;
    }
  }
  WatchEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

absl::Status Watch::list(const base::CallLimits& limits) {
  MEX_ASSIGN_OR_RETURN(Listing listing, list_objects(client_, "list " + path_, path_, "", limits));
  if (listing.resource_version.empty()) {
    return base::error(absl::StatusCode::kInternal, "list {}: no resource version", path_);
  }
  resource_version_ = std::move(listing.resource_version);
  events_.push_back({});
  for (nlohmann::json& item : listing.items) {
    events_.push_back({.type = WatchEvent::Type::Added, .object = std::move(item)});
  }
  return absl::OkStatus();
}

absl::Status Watch::open(const base::CallLimits& limits) {
  const std::string target =
      fmt::format("{}?watch=1&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}", path_,
                  http_client::percent_encode(resource_version_), kAnswerSeconds);
  MEX_ASSIGN_OR_RETURN(stream_, client_.open({.what = "watch " + path_, .path = target}, limits));
  buffer_.clear();
  saw_event_ = false;
  return absl::OkStatus();
}

absl::Status Watch::read(const base::CallLimits& limits) {
  const auto bytes = stream_->read(limits);
  if (absl::IsUnavailable(bytes.status())) return ended(limits);
  if (!bytes.ok()) return bytes.status();
  if (bytes->empty()) return ended(limits);
  buffer_ += *bytes;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = buffer_.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    MEX_RETURN_IF_ERROR(take_line(std::string_view(buffer_).substr(begin, end - begin)));
  }
  buffer_.erase(0, begin);
  if (buffer_.size() <= kMaxLine) return absl::OkStatus();
  stream_.reset();
  return base::error(absl::StatusCode::kInternal, "watch {}: an event of more than {} bytes", path_,
                     kMaxLine);
}

absl::Status Watch::take_line(std::string_view line) {
  auto event = parse_answer(line);
  absl::Status status = event.ok() ? take_event(*std::move(event)) : event.status();
  if (status.ok()) return status;
  // Whatever follows cannot be trusted to be complete.
  stream_.reset();
  return base::annotate(status, "watch " + path_);
}

absl::Status Watch::take_event(nlohmann::json event) {
  const std::string name = text_at(event, "type");
  nlohmann::json object = member(event, "object");
  if (name == "ERROR") return error_from_status("the server", object);
  const std::string version = text_at(member(object, "metadata"), "resourceVersion");
  const auto type = type_of(name);
  if (version.empty() || !(type || name == "BOOKMARK")) {
    return absl::InternalError("malformed watch event");
  }
  resource_version_ = version;
  saw_event_ = true;
  if (type) events_.push_back({.type = *type, .object = std::move(object)});
  return absl::OkStatus();
}

// A half line at the end is dropped: the server sends that event again to the next request.
absl::Status Watch::ended(const base::CallLimits& limits) {
  stream_.reset();
  // A server that ends every answer at once must not be asked without a pause.
  return saw_event_ ? absl::OkStatus() : base::sleep_for(client_.poll_interval(), limits);
}

void Watch::begin_anew() {
  stream_.reset();
  buffer_.clear();
  resource_version_.clear();
}

}  // namespace mex::kubernetes
