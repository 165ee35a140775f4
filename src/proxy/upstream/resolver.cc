#include "proxy/upstream/resolver.h"

#include <ares.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "net/timer.h"

namespace mex::proxy::upstream {
namespace {

constexpr int kTryMilliseconds = 1'000;
constexpr int kTries = 3;

struct Question {
  std::uint16_t port;
  Resolver::Done done;
};

Resolution resolution_of(const ares_addrinfo& answer, std::uint16_t port) {
  Resolution resolution;
  std::chrono::seconds least = Resolver::kMaxTimeToLive;
  for (const ares_addrinfo_node* node = answer.nodes; node != nullptr; node = node->ai_next) {
    const net::Address address = net::Address::from_sockaddr(node->ai_addr, node->ai_addrlen);
    if (address.empty()) continue;
    resolution.addresses.push_back(address.with_port(port));
    least = std::min(least, std::chrono::seconds(node->ai_ttl));
  }
  resolution.time_to_live = std::max(least, Resolver::kMinTimeToLive);
  if (resolution.addresses.empty()) resolution.error = "the name has no address";
  return resolution;
}

void on_answer(void* argument, int status, int /*timeouts*/, ares_addrinfo* answer) {
  const std::unique_ptr<Question> question(static_cast<Question*>(argument));
  if (status == ARES_EDESTRUCTION) return;
  if (status == ARES_SUCCESS) {
    question->done(resolution_of(*answer, question->port));
  } else {
    Resolution failed;
    failed.error = ares_strerror(status);
    failed.time_to_live = Resolver::kMinTimeToLive;
    question->done(std::move(failed));
  }
  if (answer != nullptr) ares_freeaddrinfo(answer);
}

// A byte or datagram is waiting: an edge is reported once and must not be left half used.
bool has_input(int socket) {
  char byte = 0;
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
}

}  // namespace

// c-ares opens and closes the sockets; this watches them and keeps its clock.
class Resolver::Channel {
 public:
  explicit Channel(net::EventLoop& loop)
      : loop_(loop), timer_(loop.timers(), [this] { process(ARES_SOCKET_BAD, ARES_SOCKET_BAD); }) {}
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() {
    if (open_) ares_destroy(channel_);
  }

  absl::Status open(std::span<const net::Address> name_servers) {
    ares_options options{};
    options.timeout = kTryMilliseconds;
    options.tries = kTries;
    options.sock_state_cb = &Channel::on_socket_state;
    options.sock_state_cb_data = this;
    const int flags = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    int status = ares_init_options(&channel_, &options, flags);
    open_ = status == ARES_SUCCESS;
    if (open_ && !name_servers.empty()) {
      std::string list;
      for (const net::Address& server : name_servers) {
        list += (list.empty() ? "" : ",") + server.text();
      }
      status = ares_set_servers_ports_csv(channel_, list.c_str());
    }
    if (status == ARES_SUCCESS) return absl::OkStatus();
    return base::error(absl::StatusCode::kInternal, "name resolution: {}", ares_strerror(status));
  }

  void resolve(const std::string& host, std::uint16_t port, Done done) {
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    auto question = std::make_unique<Question>(Question{port, std::move(done)});
    ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, &on_answer, question.release());
    arm_timer();
  }

 private:
  class Socket final : public net::Disposable, private net::IoHandler {
   public:
    Socket(Channel& channel, int fd)
        : channel_(channel), fd_(fd), watch_(channel.loop_.watch(fd, *this)) {}
    ~Socket() override {
      if (watch_ != 0) remove();
    }

    int fd() const { return fd_; }
    void remove() { channel_.loop_.unwatch(std::exchange(watch_, 0)); }

   private:
    void on_ready(net::Readiness readiness) override {
      const bool input = readiness.readable || readiness.peer_closed;
      channel_.process(input ? fd_ : ARES_SOCKET_BAD, readiness.writable ? fd_ : ARES_SOCKET_BAD);
      while (watch_ != 0 && input && has_input(fd_)) channel_.process(fd_, ARES_SOCKET_BAD);
    }

    Channel& channel_;
    int fd_;
    net::EventLoop::WatchId watch_;
  };

  static void on_socket_state(void* self, ares_socket_t fd, int readable, int writable) {
    static_cast<Channel*>(self)->socket_changed(fd, readable != 0 || writable != 0);
  }

  void socket_changed(int fd, bool wanted) {
    const auto found = std::find_if(sockets_.begin(), sockets_.end(),
                                    [fd](const auto& socket) { return socket->fd() == fd; });
    if (wanted && found == sockets_.end()) {
      sockets_.push_back(std::make_unique<Socket>(*this, fd));
    } else if (!wanted && found != sockets_.end()) {
      (*found)->remove();
      loop_.destroy_later(std::move(*found));
      sockets_.erase(found);
    }
  }

  void process(int readable, int writable) {
    ares_process_fd(channel_, readable, writable);
    arm_timer();
  }

  void arm_timer() {
    timeval space{};
    const timeval* next = ares_timeout(channel_, nullptr, &space);
    if (next == nullptr) {
      timer_.disarm();
    } else {
      timer_.arm(std::chrono::seconds(next->tv_sec) + std::chrono::microseconds(next->tv_usec));
    }
  }

  net::EventLoop& loop_;
  net::Timer timer_;
  ares_channel channel_{};
  bool open_ = false;
  std::vector<std::unique_ptr<Socket>> sockets_;
};

absl::StatusOr<std::unique_ptr<Resolver>> Resolver::create(
    net::EventLoop& loop, std::span<const net::Address> name_servers) {
  auto channel = std::make_unique<Channel>(loop);
  MEX_RETURN_IF_ERROR(channel->open(name_servers));
  return std::unique_ptr<Resolver>(new Resolver(std::move(channel)));
}

Resolver::Resolver(std::unique_ptr<Channel> channel) : channel_(std::move(channel)) {}
Resolver::~Resolver() = default;

void Resolver::resolve(const std::string& host, std::uint16_t port, Done done) {
  channel_->resolve(host, port, std::move(done));
}

}  // namespace mex::proxy::upstream
