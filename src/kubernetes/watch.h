#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "kubernetes/client.h"

namespace mex::kubernetes {

struct WatchEvent {
  enum class Type {
    Restarted,  // forget all objects: those that there are follow as Added
    Added,
    Modified,
    Deleted,
  };
  Type type = Type::Restarted;
  nlohmann::json object;  // null for Restarted
};

// What happens to the objects of one path, without a gap: first all that there are, then every
// change. Answers that are cut off, end, or have become too old (410 Gone) are gone on from by
// themselves; only when the server's memory does not reach back does the list begin anew, with
// Restarted. For one thread at a time; it must not outlive the client.
class Watch {
 public:
  // `path` as "/api/v1/nodes".
  Watch(Client& client, std::string path);

  // The next event, or nothing if none came before the deadline: call again. An error (no server
  // reachable, no permission) does not end the watch either: called again it goes on where it was.
  absl::StatusOr<std::optional<WatchEvent>> next(const base::CallLimits& limits);

 private:
  absl::Status list(const base::CallLimits& limits);
  absl::Status open(const base::CallLimits& limits);
  absl::Status read(const base::CallLimits& limits);
  absl::Status take_line(std::string_view line);
  absl::Status take_event(nlohmann::json event);
  absl::Status ended(const base::CallLimits& limits);
  void begin_anew();

  Client& client_;
  const std::string path_;
  std::string resource_version_;  // "" = the list is to be read
  std::unique_ptr<http_client::Stream> stream_;
  std::string buffer_;      // the beginning of a line whose end has not come yet
  bool saw_event_ = false;  // in the current answer
  std::deque<WatchEvent> events_;
};

}  // namespace mex::kubernetes
