#include "proxy/access_log/access_log.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/descriptor.h"
#include "base/mutex.h"
#include "metrics/metrics.h"
#include "proxy/access_log/line_batch.h"
#include "proxy/access_log/line_ring.h"
#include "proxy/access_log/log_output.h"
#include "proxy/access_log/output_health.h"

namespace mex::proxy {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kBatch = 128U << 10U;
// So that many lines go out in one write, and the writer is woken a hundred times a second at most.
constexpr milliseconds kGathering{10};
constexpr milliseconds kRetry{1'000};
constexpr milliseconds kRetryBlocked{100};
constexpr std::chrono::seconds kReplacedCheck{1};
// What is left at the end is waited for so long.
constexpr milliseconds kLastLines{500};

struct AccessLogMetrics {
  static const AccessLogMetrics& get() {
    static const AccessLogMetrics metrics;
    return metrics;
  }

  metrics::Counter lines = metrics::counter("mex_proxy_access_log_lines_total",
                                            "Lines of the access log that were taken.");
  metrics::Counter dropped = metrics::counter(
      "mex_proxy_access_log_dropped_total",
      "Lines of the access log that were left out because it could not be written in time.");
};

}  // namespace

// What shards and the writing thread have in common, and what the thread does.
class AccessLog::Writer {
 public:
  Writer(const std::string& path, std::size_t shards, std::size_t ring)
      : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        output_(path),
        batch_(kBatch),
        health_(path) {
    MEX_CHECK(wake_.valid(), "no descriptor for the access log");
    for (std::size_t i = 0; i < shards; ++i) rings_.push_back(std::make_unique<LineRing>(ring));
  }

  void add(std::size_t shard, std::string_view line) {
    if (!rings_[shard]->add(line)) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      AccessLogMetrics::get().dropped.add();
      return;
    }
    AccessLogMetrics::get().lines.add();
    // Either the writer sees the line before it sleeps, or this sees that it sleeps.
    if (is_asleep_.load() && is_asleep_.exchange(false)) wake();
  }

  void reopen() {
    is_reopening_.store(true);
    wake();
  }
  void stop() {
    is_stopping_.store(true);
    wake();
  }
  // False: it still hangs.
  bool wait_until_ended(milliseconds longest) {
    base::MutexLock lock(mutex_);
    const auto deadline = std::chrono::steady_clock::now() + longest;
    return ended_.wait_until(lock, deadline, [this] {
      mutex_.assert_held();
      return has_ended_;
    });
  }

  void run() {
    while (write_lines()) {
    }
    const base::MutexLock lock(mutex_);
    has_ended_ = true;
    ended_.notify_all();
  }

 private:
  // False: all is written, or all that can be.
  bool write_lines() {
    if (is_reopening_.exchange(false)) begin_anew();
    if (batch_.is_empty()) batch_.fill(rings_);
    health_.note_dropped(dropped_.load(std::memory_order_relaxed),
                         std::chrono::steady_clock::now());
    if (batch_.is_empty()) {
      if (is_stopping_.load()) return false;
      sleep();
      return true;
    }
    look_for_replacement();
    const LogOutput::Result result = output_.write(batch_.text());
    batch_.consume(result.bytes);
    const OutputFault fault = output_fault_of(result.error_number);
    health_.note(fault);
    if (is_stopping_.load()) return fault == OutputFault::None;
    if (fault == OutputFault::None) {
      pause(kGathering);
    } else {
      pause(fault == OutputFault::Blocked ? kRetryBlocked : kRetry);
    }
    return true;
  }

  void wake() const {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  }

  // Until a line comes, or wake().
  void sleep() {
    is_asleep_.store(true);
    const bool has_lines = std::any_of(rings_.begin(), rings_.end(),
                                       [](const auto& ring) { return !ring->is_empty(); });
    if (!has_lines && !is_stopping_.load() && !is_reopening_.load()) pause(milliseconds(-1));
    is_asleep_.store(false);
  }

  void pause(milliseconds longest) const {
    pollfd woken{.fd = wake_.get(), .events = POLLIN, .revents = 0};
    poll(&woken, 1, static_cast<int>(longest.count()));
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t bytes = read(wake_.get(), &count, sizeof count);
  }

  void begin_anew() {
    output_.reopen();
    batch_.restart_line();
  }

  // A predecessor that drains hears no signal of a rotation, and an operator may forget it.
  void look_for_replacement() {
    const base::SteadyTime now = std::chrono::steady_clock::now();
    if (now - looked_at_ < kReplacedCheck) return;
    looked_at_ = now;
    if (output_.is_replaced()) begin_anew();
  }

  std::vector<std::unique_ptr<LineRing>> rings_;
  std::atomic<std::uint64_t> dropped_{0};
  std::atomic<bool> is_asleep_{false};
  std::atomic<bool> is_reopening_{false};
  std::atomic<bool> is_stopping_{false};
  const base::Descriptor wake_;

  // The writing thread's.
  LogOutput output_;
  LineBatch batch_;
  OutputHealth health_;
  base::SteadyTime looked_at_{};

  base::Mutex mutex_;
  base::CondVar ended_;
  bool has_ended_ ABSL_GUARDED_BY(mutex_) = false;
};

AccessLog::AccessLog(const std::string& path, std::size_t shards, std::size_t ring)
    : writer_(std::make_shared<Writer>(path, shards, ring)) {
  std::thread([writer = writer_] { writer->run(); }).detach();
}

AccessLog::~AccessLog() {
  writer_->stop();
  writer_->wait_until_ended(kLastLines);
}

void AccessLog::add(std::size_t shard, std::string_view line) { writer_->add(shard, line); }

void AccessLog::reopen() { writer_->reopen(); }

}  // namespace mex::proxy
