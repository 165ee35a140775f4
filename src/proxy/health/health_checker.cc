#include "proxy/health/health_checker.h"

#include <utility>

#include "base/log.h"

namespace mex::proxy::health {
namespace {

// Checks that are under way at once; others wait for their next turn.
constexpr std::size_t kMaxChecks = 256;

Options options_for_checks(Options options) {
  options.max_idle_per_origin = 0;
  options.max_origin_connections = kMaxChecks;
  return options;
}

}  // namespace

struct HealthChecker::Worker {
  Worker(std::unique_ptr<net::EventLoop> its_loop, const Options& options,
         const net::OriginPolicy& policy, std::string_view agent_token)
      : loop(std::move(its_loop)),
        upstreams(*loop, buffers, options, policy),
        checks({*loop, upstreams.origins(), agent_token}) {}

  std::unique_ptr<net::EventLoop> loop;
  net::BufferPool buffers;
  upstream::Upstreams upstreams;
  HealthChecks checks;
};

HealthChecker::HealthChecker(Options options, const net::OriginPolicy& policy,
                             std::string agent_token)
    : options_(options_for_checks(std::move(options))),
      policy_(policy),
      agent_token_(std::move(agent_token)) {}

HealthChecker::~HealthChecker() {
  const base::MutexLock lock(mutex_);
  if (worker_ == nullptr) return;
  worker_->loop->stop();
  thread_.join();
}

void HealthChecker::watch(OriginSets sets) {
  const base::MutexLock lock(mutex_);
  if (worker_ == nullptr) {
    if (sets.empty()) return;
    auto loop = net::EventLoop::create();
    if (!loop.ok()) {
      log::warning("origins are not checked", {{"reason", loop.status()}});
      return;
    }
    worker_ = std::make_unique<Worker>(*std::move(loop), options_, policy_, agent_token_);
    thread_ = std::thread([worker = worker_.get()] { worker->loop->run(); });
  }
  worker_->loop->post(
      [worker = worker_.get(), sets = std::move(sets)] { worker->checks.use(sets); });
}

}  // namespace mex::proxy::health
