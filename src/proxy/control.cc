#include "proxy/control.h"

#include <utility>

#include "base/check.h"
#include "base/random_id.h"

namespace mex::proxy {
namespace {

// Counts messages that are on their way. One that is destroyed unread, because its loop has ended,
// counts as arrived: a shard that is gone is not waited for.
class Barrier {
 public:
  class Ticket {
   public:
    explicit Ticket(Barrier& barrier) : barrier_(barrier) { barrier_.change(1); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket() { barrier_.change(-1); }

   private:
    Barrier& barrier_;
  };

  void wait() {
    base::MutexLock lock(mutex_);
    none_left_.wait(lock, [this] {
      mutex_.assert_held();
      return on_the_way_ == 0;
    });
  }

 private:
  void change(int by) {
    const base::MutexLock lock(mutex_);
    on_the_way_ += by;
    if (on_the_way_ == 0) none_left_.notify_all();
  }

  base::Mutex mutex_;
  base::CondVar none_left_;
  int on_the_way_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

// Takes the service's handle away with the service, on the shard's thread.
class Control::GuardedService final : public server::Service {
 public:
  GuardedService(Control& control, server::Shard& shard)
      : control_(control),
        service_(control.context_, shard.index(), shard.loop(), shard.buffers()),
        handle_(std::make_shared<ShardHandle>(ShardHandle{shard, &service_})) {
    const base::MutexLock lock(control_.mutex_);
    service_.use(control_.current_);
    service_.passthrough().use(control_.passthrough_);
    service_.passthrough().use_challenges(control_.challenges_);
    control_.handles_.push_back(handle_);
  }
  ~GuardedService() override {
    handle_->service = nullptr;
    const base::MutexLock lock(control_.mutex_);
    std::erase(control_.handles_, handle_);
  }

  void on_request(server::Exchange& exchange) override { service_.on_request(exchange); }
  void on_refused(const server::RefusedRequest& request) override { service_.on_refused(request); }
  server::TlsInterceptor* tls_interceptor() override { return service_.tls_interceptor(); }

 private:
  Control& control_;
  ShardService service_;
  std::shared_ptr<ShardHandle> handle_;
};

Control::Control(std::size_t shards, Options options, net::OriginPolicy policy)
    : shards_(shards),
      access_log_(options.access_log.empty()
                      ? nullptr
                      : std::make_unique<AccessLog>(options.access_log, shards)),
      context_{std::move(options), std::move(policy), "mexosagent-" + base::random_id(12),
               access_log_.get()},
      health_(context_.options, context_.policy, context_.agent_token),
      current_(std::make_shared<const route::Snapshot>()),
      passthrough_(std::make_shared<const PassthroughTable>()),
      challenges_(passthrough_) {}

Control::~Control() {
  const base::MutexLock lock(mutex_);
  MEX_CHECK(handles_.empty(), "services outlive the proxy's control");
}

std::unique_ptr<server::Service> Control::make_service(server::Shard& shard) {
  MEX_CHECK(shard.index() < shards_, "more shards than the control was made for");
  return std::make_unique<GuardedService>(*this, shard);
}

void Control::apply(route::SnapshotPtr snapshot) {
  const base::MutexLock one_at_a_time(apply_mutex_);
  route::SnapshotPtr previous;  // freed here rather than on a shard, if no request holds it
  {
    const base::MutexLock lock(mutex_);
    if (snapshot->generation < current_->generation) return;
    previous = std::exchange(current_, snapshot);
  }
  run_on_all([&snapshot](ShardService& service) { service.use(snapshot); });
  const base::MutexLock lock(mutex_);
  applied_ = snapshot->generation;
}

void Control::apply(PassthroughTablePtr table) {
  const base::MutexLock one_at_a_time(apply_mutex_);
  {
    const base::MutexLock lock(mutex_);
    passthrough_ = table;
  }
  run_on_all([&table](ShardService& service) { service.passthrough().use(table); });
}

void Control::apply_challenges(PassthroughTablePtr table) {
  const base::MutexLock one_at_a_time(apply_mutex_);
  {
    const base::MutexLock lock(mutex_);
    challenges_ = table;
  }
  run_on_all([&table](ShardService& service) { service.passthrough().use_challenges(table); });
}

void Control::reopen_access_log() {
  if (access_log_ != nullptr) access_log_->reopen();
}

std::uint64_t Control::generation() const {
  const base::MutexLock lock(mutex_);
  return applied_;
}

Control::Load Control::load() const {
  base::Mutex sum_mutex;
  Load sum;
  run_on_all([&](ShardService& service) {
    const base::MutexLock lock(sum_mutex);
    sum.exchanges += service.exchanges();
    sum.tunnels += service.tunnels().size();
    sum.busy_origin_connections += service.busy_origin_connections();
    sum.snapshots_held += service.snapshots_held();
    sum.passthroughs += service.passthrough().tunnels();
  });
  return sum;
}

void Control::run_on_all(const std::function<void(ShardService&)>& call) const {
  Barrier barrier;
  {
    const base::MutexLock lock(mutex_);
    for (const std::shared_ptr<ShardHandle>& handle : handles_) {
      auto ticket = std::make_shared<Barrier::Ticket>(barrier);
      handle->shard.post([handle, &call, ticket = std::move(ticket)] {
        if (handle->service != nullptr) call(*handle->service);
      });
    }
  }
  barrier.wait();
}

}  // namespace mex::proxy
