#pragma once

#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "kubernetes/client.h"
#include "kubernetes/listing.h"

namespace mex::kubernetes {

// How what an API server has of one path is followed: a list, then a watch that is renewed again
// and again, then another list from time to time, whatever the server does. Says what is to be
// asked next, and takes what came of it; knows no socket and no clock. The server is its tenant's:
// it may say anything, at any length, in any order.
//
// What is kept of the objects is for the class that derives from it; it keeps what it has through
// every failure. Not thread-safe.
class ObjectFeed {
 public:
  struct Limits {
    std::chrono::milliseconds list_time = std::chrono::seconds(15);
    // The server is asked to end a watch after that; one that has not is given up a little later.
    std::chrono::milliseconds watch_time = std::chrono::seconds(120);
    std::chrono::milliseconds grace = std::chrono::seconds(10);
    // A watch that ends sooner counts as failed: a server that ends all at once is not asked
    // without pauses.
    std::chrono::milliseconds min_watch_time = std::chrono::seconds(10);
    // Whatever a watch may have left out is found by then.
    std::chrono::milliseconds list_interval = std::chrono::minutes(10);
    std::size_t max_event_bytes = std::size_t{2} << 20U;
    std::size_t max_watch_bytes = std::size_t{32} << 20U;
    base::Backoff backoff{std::chrono::seconds(1), std::chrono::seconds(60), 0.5};
  };

  struct Step {
    enum class Kind { Wait, List, Watch };
    Kind kind = Kind::Wait;
    std::chrono::milliseconds time{};  // to wait, or that the call may take
    ApiCall call{};
  };

  // `path` as "/api/v1/nodes"; `query` is percent-encoded, and may be empty.
  ObjectFeed(std::string what, std::string path, std::string query, const Limits& limits);
  ObjectFeed(const ObjectFeed&) = delete;
  ObjectFeed& operator=(const ObjectFeed&) = delete;
  virtual ~ObjectFeed() = default;

  // A random number of 0 to 1 spreads the pauses.
  Step next(base::SteadyTime now, double jitter);

  // What came of a list: the body of a 200, or the error.
  void take_page(const absl::StatusOr<std::string>& page, base::SteadyTime now);
  // What came of a watch, in any pieces. Not OK: the call is to be ended.
  absl::Status take_bytes(std::string_view bytes);
  // The watch is over; `status` is OK if its answer ended as answers end.
  void take_end(const absl::Status& status, base::SteadyTime now);

  // The server is another one, or was given another way: begins with a list, soon.
  void restart();
  // Objects that were read from another server are forgotten, too.
  void reset();

  bool has_list() const { return has_list_; }
  // What was asked for last was refused, or did not come.
  bool has_failed() const { return failures_ > 0; }
  // OK, or why what is kept may be old.
  const absl::Status& status() const { return status_; }

 protected:
  // All of them or none: after an error what was kept is kept.
  virtual absl::Status replace_all(const std::vector<nlohmann::json>& objects) = 0;
  virtual absl::Status put(const nlohmann::json& object) = 0;
  virtual absl::Status erase(const nlohmann::json& object) = 0;
  virtual void clear() = 0;
  // The list was refused. True if there is another path to be asked instead.
  virtual bool find_other_path(const absl::Status& /*status*/, std::string& /*path*/,
                               std::string& /*query*/) {
    return false;
  }

 private:
  void begin_listing();
  std::string watch_path() const;
  absl::Status take_event(std::string_view line);
  void fail(const absl::Status& status);

  const std::string what_;
  std::string path_;
  std::string query_;
  const Limits limits_;
  std::optional<PagedListing> listing_;
  std::string resource_version_;  // "": a list is to be read
  std::string buffer_;            // the beginning of an event whose end has not come yet
  std::size_t watch_bytes_ = 0;
  int pages_ = 0;  // of the list that is being read
  base::SteadyTime watch_began_{};
  base::SteadyTime listed_at_{};
  absl::Status status_ = absl::UnavailableError("it has not been read yet");
  int failures_ = 0;  // in a row
  bool is_pausing_ = false;
  bool has_list_ = false;
};

// Whether an API server gave `version` no later than `other`. Versions are numbers that grow; of
// those that are none nothing is known.
bool is_not_newer(std::string_view version, std::string_view other);

}  // namespace mex::kubernetes
