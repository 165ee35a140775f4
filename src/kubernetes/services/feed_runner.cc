#include "kubernetes/services/feed_runner.h"

#include <atomic>
#include <string>
#include <utility>

#include "base/backoff.h"
#include "base/status.h"
#include "kubernetes/api_error.h"

namespace mex::kubernetes {
namespace {

// A server that sends faster than it is read does not fill the memory.
constexpr std::size_t kMaxUnread = std::size_t{4} << 20U;

base::SteadyTime now() { return base::system_clock().steady_now(); }

}  // namespace

struct FeedRunner::Inbox {
  std::atomic<std::size_t> unread{0};
};

FeedRunner::FeedRunner(ObjectFeed& feed, TaskLoop& loop, http_client::AsyncClient& transport,
                       std::function<void()> on_change)
    : feed_(feed), loop_(loop), transport_(transport), on_change_(std::move(on_change)) {}

FeedRunner::~FeedRunner() { stop_.request_stop(); }

void FeedRunner::give_up() {
  ++ticket_;
  stop_.request_stop();
  stop_ = std::stop_source();
}

void FeedRunner::use(std::shared_ptr<Client> client) {
  give_up();
  client_ = std::move(client);
  feed_.restart();
  if (client_ != nullptr) run();
}

template <typename Call>
std::function<void(Call)> FeedRunner::on_loop(std::function<void(FeedRunner&, Call)> call) {
  return [weak = weak_from_this(), &loop = loop_, ticket = ticket_,
          call = std::move(call)](Call what) {
    loop.post([weak, ticket, call, what = std::move(what)]() mutable {
      const auto self = weak.lock();
      if (self != nullptr && self->ticket_ == ticket) call(*self, std::move(what));
    });
  };
}

void FeedRunner::run() {
  ++ticket_;
  const ObjectFeed::Step step = feed_.next(now(), base::random_jitter());
  switch (step.kind) {
    case ObjectFeed::Step::Kind::Wait:
      return loop_.call_after(step.time, [weak = weak_from_this(), ticket = ticket_] {
        const auto self = weak.lock();
        if (self != nullptr && self->ticket_ == ticket) self->run();
      });
    case ObjectFeed::Step::Kind::List:
      return list(step);
    case ObjectFeed::Step::Kind::Watch:
      return watch(step);
  }
}

void FeedRunner::list(const ObjectFeed::Step& step) {
  using Answer = absl::StatusOr<http_client::Response>;
  client_->send(transport_, step.call, {.deadline = now() + step.time, .stop = stop_.get_token()},
                on_loop<Answer>([what = step.call.what](FeedRunner& self, Answer answer) {
                  self.take_page(std::move(answer), what);
                }));
}

void FeedRunner::watch(const ObjectFeed::Step& step) {
  using Answer = absl::StatusOr<http_client::Response>;
  inbox_ = std::make_shared<Inbox>();
  auto hand_over = on_loop<std::string>(
      [](FeedRunner& self, const std::string& bytes) { self.take_bytes(bytes); });
  auto on_bytes = [hand_over, inbox = inbox_, stop = stop_](std::string_view bytes) mutable {
    if (inbox->unread.fetch_add(bytes.size()) + bytes.size() > kMaxUnread) {
      stop.request_stop();
    } else {
      hand_over(std::string(bytes));
    }
  };
  client_->watch(transport_, step.call, {.deadline = now() + step.time, .stop = stop_.get_token()},
                 std::move(on_bytes),
                 on_loop<Answer>([what = step.call.what](FeedRunner& self, const Answer& answer) {
                   if (answer.ok() && answer->status != 200) {
                     return self.take_end(error_from_response(what, *answer));
                   }
                   self.take_end(answer.status());
                 }));
}

void FeedRunner::take_page(absl::StatusOr<http_client::Response> answer, const std::string& what) {
  if (!answer.ok()) {
    feed_.take_page(answer.status(), now());
  } else if (answer->status != 200) {
    feed_.take_page(error_from_response(what, *answer), now());
  } else {
    feed_.take_page(std::move(answer->body), now());
  }
  on_change_();
  run();
}

void FeedRunner::take_bytes(const std::string& bytes) {
  inbox_->unread -= bytes.size();
  const absl::Status status = feed_.take_bytes(bytes);
  if (status.ok()) return on_change_();
  give_up();
  take_end(status);
}

void FeedRunner::take_end(const absl::Status& status) {
  if (absl::IsCancelled(status)) {
    stop_ = std::stop_source();
    feed_.take_end(absl::ResourceExhaustedError("a watch sends faster than it is read"), now());
  } else {
    feed_.take_end(status, now());
  }
  on_change_();
  run();
}

}  // namespace mex::kubernetes
