#include "kubernetes/prober.h"

#include <stop_token>
#include <string>
#include <utility>

#include "kubernetes/api_error.h"
#include "kubernetes/listing.h"

namespace mex::kubernetes {
namespace {

// Fifty nodes with everything that their kubelets and operators put into them take some hundred
// kilobytes.
constexpr PagedListing::Limits kNodeLimits{
    .page_items = 50, .page_bytes = std::size_t{4} << 20U, .bytes = std::size_t{16} << 20U};

absl::StatusOr<std::string> body_of(const ApiCall& call,
                                    absl::StatusOr<http_client::Response> answer) {
  if (!answer.ok()) return answer.status();
  if (answer->status == 200) return std::move(answer->body);
  return error_from_response(call.what, *answer);
}

}  // namespace

// One probe, from call to call. One thread at a time has it.
class AsyncProber::Probe : public std::enable_shared_from_this<Probe> {
 public:
  Probe(AsyncProber& prober, std::shared_ptr<Client> client, base::CallLimits limits, Done done)
      : prober_(prober),
        client_(std::move(client)),
        limits_(std::move(limits)),
        done_(std::move(done)) {}

  void ask_health() { ask(health_call(), &Probe::take_health); }

 private:
  using Answer = absl::StatusOr<http_client::Response>;

  // The answer is read on a thread of the pool, so that one that is long does not keep the others
  // from being received.
  void ask(const ApiCall& call, void (Probe::*take)(Answer)) {
    client_->send(prober_.transport_, call, limits_,
                  [self = shared_from_this(), take](Answer answer) {
                    self->prober_.pool_.submit(
                        [self, take, answer = std::move(answer)](const std::stop_token&) mutable {
                          (self.get()->*take)(std::move(answer));
                        });
                  });
  }

  void take_health(Answer answer) {
    auto health = answer.ok() ? health_from_response(*answer) : answer.status();
    if (!health.ok()) return finish(health.status());
    result_.health = *std::move(health);
    if (!result_.health.ready) return finish(absl::OkStatus());
    ask(listing_.next_call(), &Probe::take_page);
  }

  void take_page(Answer answer) {
    const absl::Status status = listing_.add(body_of(listing_.next_call(), std::move(answer)));
    if (!status.ok()) return finish(status);
    if (!listing_.is_whole()) return ask(listing_.next_call(), &Probe::take_page);
    auto nodes = nodes_of(listing_.take());
    if (nodes.ok()) result_.nodes = std::move(nodes->nodes);
    finish(nodes.status());
  }

  void finish(absl::Status status) {
    result_.status = std::move(status);
    done_(std::move(result_));
  }

  AsyncProber& prober_;
  const std::shared_ptr<Client> client_;
  const base::CallLimits limits_;
  const Done done_;
  PagedListing listing_{"list nodes", "/api/v1/nodes", "", kNodeLimits};
  ProbeResult result_;
};

AsyncProber::AsyncProber(base::ThreadPool& pool, std::size_t max_probes)
    : pool_(pool), transport_({.transfers = max_probes, .idle_connections = max_probes}) {}

void AsyncProber::probe(std::shared_ptr<Client> client, const base::CallLimits& limits, Done done) {
  std::make_shared<Probe>(*this, std::move(client), limits, std::move(done))->ask_health();
}

void AsyncProber::reach(std::shared_ptr<Client> client, const base::CallLimits& limits,
                        Reached done) {
  client->send(
      transport_, health_call(), limits,
      [this, done = std::move(done)](const absl::StatusOr<http_client::Response>& answer) {
        pool_.submit([done, status = answer.status()](const std::stop_token&) { done(status); });
      });
}

}  // namespace mex::kubernetes
