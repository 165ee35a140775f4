#pragma once

#include <curl/curl.h>

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "http_client/client.h"

namespace mex::http_client {

// Makes many requests at once on a single thread, over libcurl's multi interface: a peer that is
// silent holds a connection until the deadline, and no thread. Connections are kept alive for
// later requests with equal options to the same peer. What Client says of proxies, redirects,
// repeated requests and errors holds here, too. Thread-safe.
class AsyncClient {
 public:
  // Called once for each request, on the client's thread and without locks: it must be short. Not
  // called at all for requests that stop() finds under way.
  using Done = std::function<void(absl::StatusOr<Response>)>;

  struct Capacity {
    // Requests under way. Those beyond are refused with ResourceExhausted, before anything is sent.
    std::size_t transfers = 1024;
    // Connections that are kept while no request uses them.
    std::size_t idle_connections = 1024;
    // Of all answers under way, in bytes: when they take more, the one that takes most is given up
    // with ResourceExhausted. A peer that sends too much does so at its own expense.
    std::size_t buffered_bytes = std::size_t{64} << 20U;
  };

  explicit AsyncClient(const Capacity& capacity);
  AsyncClient(const AsyncClient&) = delete;
  AsyncClient& operator=(const AsyncClient&) = delete;
  // Same as stop().
  ~AsyncClient();

  // Returns at once; `done` is never called from within. The limits of the request are its
  // deadline, by which `done` is called, and a stop token that ends it before. After stop() the
  // request is dropped.
  void send(Request request, std::shared_ptr<const Options> options, Done done);

  // The same for an answer that goes on, such as a watch of Kubernetes: what comes of the body of a
  // 200 is handed to `on_bytes` on the client's thread, as it comes, and is not in the answer that
  // `done` gets at the end. `max_response_bytes` is for what comes at once: who wants less in all
  // ends the request by its stop token, also from within `on_bytes`.
  using OnBytes = std::function<void(std::string_view)>;
  void send(Request request, std::shared_ptr<const Options> options, OnBytes on_bytes, Done done);

  std::size_t under_way() const { return under_way_.load(std::memory_order_relaxed); }

  // Gives up what is under way and ends the thread. May be called twice, not from a `Done`.
  void stop();

 private:
  class Transfer;

  void run();
  // False when it is to end.
  bool take_arrivals();
  absl::Status prepare(Transfer& transfer) const;
  void begin(std::unique_ptr<Transfer> transfer);
  void hand_over_bytes();
  void finish_completed();
  void end_overdue();
  void end_cancelled();
  void bound_memory();
  void end(CURL* easy, absl::StatusOr<Response> answer);
  base::SteadyTime::duration time_to_next_deadline() const;

  const Capacity capacity_;
  CURLM* const multi_;
  base::Mutex mutex_;  // a leaf
  std::vector<std::unique_ptr<Transfer>> arrivals_ ABSL_GUARDED_BY(mutex_);
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::atomic<bool> is_any_cancelled_ = false;
  std::atomic<std::size_t> under_way_ = 0;
  // Of the client's thread alone.
  std::map<CURL*, std::unique_ptr<Transfer>> transfers_;
  std::set<std::pair<base::SteadyTime, CURL*>> deadlines_;
  std::thread thread_;
};

}  // namespace mex::http_client
