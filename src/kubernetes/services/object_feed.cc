#include "kubernetes/services/object_feed.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "kubernetes/api_error.h"
#include "kubernetes/json_access.h"

namespace mex::kubernetes {
namespace {

using nlohmann::json;

constexpr PagedListing::Limits kListLimits{
    .page_items = 500, .page_bytes = std::size_t{8} << 20U, .bytes = std::size_t{32} << 20U};

// A list has an end, whatever the server says.
constexpr int kMaxPages = 200;

constexpr int kShortWatches = 3;

bool is_number(std::string_view text) {
  return !text.empty() && text.front() != '0' &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

bool is_not_newer(std::string_view version, std::string_view other) {
  if (!is_number(version) || !is_number(other)) return false;
  if (version.size() != other.size()) return version.size() < other.size();
  return version <= other;
}

ObjectFeed::ObjectFeed(std::string what, std::string path, std::string query, const Limits& limits)
    : what_(std::move(what)), path_(std::move(path)), query_(std::move(query)), limits_(limits) {
  begin_listing();
}

void ObjectFeed::begin_listing() {
  pages_ = 0;
  listing_.emplace("list " + what_, path_, query_, kListLimits);
}

std::string ObjectFeed::watch_path() const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limits_.watch_time);
  return fmt::format("{}?{}{}watch=1&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}",
                     path_, query_, query_.empty() ? "" : "&",
                     http_client::percent_encode(resource_version_), seconds.count());
}

ObjectFeed::Step ObjectFeed::next(base::SteadyTime now, double jitter) {
  if (std::exchange(is_pausing_, false)) {
    return {.kind = Step::Kind::Wait,
            .time = base::pause_after(failures_, limits_.backoff, jitter)};
  }
  if (!resource_version_.empty() && now - listed_at_ >= limits_.list_interval) {
    resource_version_.clear();
  }
  if (resource_version_.empty()) {
    return {.kind = Step::Kind::List, .time = limits_.list_time, .call = listing_->next_call()};
  }
  buffer_.clear();
  watch_bytes_ = 0;
  watch_began_ = now;
  return {.kind = Step::Kind::Watch,
          .time = limits_.watch_time + limits_.grace,
          .call = {.what = "watch " + what_,
                   .path = watch_path(),
                   .max_response_bytes = limits_.max_watch_bytes}};
}

void ObjectFeed::take_page(const absl::StatusOr<std::string>& page, base::SteadyTime now) {
  if (!page.ok() && find_other_path(page.status(), path_, query_)) {
    begin_listing();
    return;
  }
  absl::Status status = listing_->add(page);
  if (status.ok() && !listing_->is_whole()) {
    if (++pages_ < kMaxPages) return;
    status = base::error(absl::StatusCode::kResourceExhausted, "list {}: more than {} pages", what_,
                         kMaxPages);
  }
  Listing list;
  if (status.ok()) {
    list = listing_->take();
    status = list.resource_version.empty()
                 ? base::error(absl::StatusCode::kInternal, "list {}: no resource version", what_)
                 : replace_all(list.items);
  }
  begin_listing();
  if (!status.ok()) return fail(status);
  resource_version_ = std::move(list.resource_version);
  listed_at_ = now;
  has_list_ = true;
  status_ = absl::OkStatus();
}

absl::Status ObjectFeed::take_bytes(std::string_view bytes) {
  watch_bytes_ += bytes.size();
  if (watch_bytes_ > limits_.max_watch_bytes) {
    return base::error(absl::StatusCode::kResourceExhausted, "watch {}: more than {} bytes", what_,
                       limits_.max_watch_bytes);
  }
  buffer_ += bytes;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = buffer_.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    const std::string_view line = std::string_view(buffer_).substr(begin, end - begin);
    absl::Status status = take_event(line);
    if (!status.ok()) return base::annotate(status, "watch " + what_);
  }
  buffer_.erase(0, begin);
  if (buffer_.size() <= limits_.max_event_bytes) return absl::OkStatus();
  return base::error(absl::StatusCode::kResourceExhausted,
                     "watch {}: an event of more than {} bytes", what_, limits_.max_event_bytes);
}

absl::Status ObjectFeed::take_event(std::string_view line) {
  MEX_ASSIGN_OR_RETURN(const json event, parse_answer(line));
  const std::string type = text_at(event, "type");
  const json& object = member(event, "object");
  if (type == "ERROR") return error_from_status("the server", object);
  std::string version = text_at(member(object, "metadata"), "resourceVersion");
  const bool is_known =
      type == "ADDED" || type == "MODIFIED" || type == "DELETED" || type == "BOOKMARK";
  if (version.empty() || !is_known) return absl::InternalError("a malformed event");
  // Said before, or overtaken: what is known is later.
  if (is_not_newer(version, resource_version_)) return absl::OkStatus();
  if (type == "DELETED") {
    MEX_RETURN_IF_ERROR(erase(object));
  } else if (type != "BOOKMARK") {
    MEX_RETURN_IF_ERROR(put(object));
  }
  resource_version_ = std::move(version);
  return absl::OkStatus();
}

// After an end that is as it should be the watch goes on from where it was. After any other one
// there is a list: what was said last may be wrong or incomplete, and whether the server can be
// reached at all is known sooner.
void ObjectFeed::take_end(const absl::Status& given, base::SteadyTime now) {
  const bool is_cut = given.ok() && !buffer_.empty();
  const absl::Status status =
      is_cut ? base::error(absl::StatusCode::kInternal, "watch {}: it ends within an event", what_)
             : given;
  buffer_.clear();
  if (!status.ok()) resource_version_.clear();
  // The server's memory does not reach back: this is how it says that there is to be a list.
  if (!status.ok() && !absl::IsOutOfRange(status)) return fail(status);
  if (status.ok() && now - watch_began_ >= limits_.min_watch_time) {
    failures_ = 0;
    return;
  }
  is_pausing_ = true;
  // Watches that have nothing to say are perhaps not watches at all.
  if (++failures_ % kShortWatches == 0) resource_version_.clear();
}

void ObjectFeed::fail(const absl::Status& status) {
  ++failures_;
  is_pausing_ = true;
  status_ = status;
}

void ObjectFeed::restart() {
  resource_version_.clear();
  begin_listing();
  failures_ = 0;
  is_pausing_ = false;
}

void ObjectFeed::reset() {
  restart();
  clear();
  has_list_ = false;
  status_ = absl::UnavailableError("it has not been read yet");
}

}  // namespace mex::kubernetes
