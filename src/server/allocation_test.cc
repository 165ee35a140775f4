// Steady traffic allocates nothing: counted by this program's own operator new.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "server/testing.h"

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

// Not inlined, so that the compiler does not take malloc and delete for a mismatched pair.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace mex::server {
namespace {

using AllocationTest = testing::ServerTest;

// Echoes the request's body in chunks.
class Echo final : public RequestHandler {
 public:
  void take(Exchange& exchange) {
    exchange_ = &exchange;
    exchange.set_handler(*this);
    exchange.send_head(200, {}, BodyLength::unknown());
  }
  void on_body(std::string_view bytes) override { exchange_->send_body(bytes); }
  void on_body_end() override { exchange_->end_body(); }
  void on_output_drained() override {}
  void on_closed(CloseReason) override { ++closed; }
  int closed = 0;

 private:
  Exchange* exchange_ = nullptr;
};

TEST_F(AllocationTest, AKeptConnectionServesRequestsWithoutAny) {
  Echo echo;
  service_.answer = [&](Exchange& exchange) { echo.take(exchange); };
  start();
  const testing::Client client_of_test = connect();
  const int socket = client_of_test.descriptor();
  constexpr std::string_view kPost = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  std::array<char, 1000> space{};
  const auto exchange_one = [&] {
    const int before = echo.closed;
    if (::send(socket, kPost.data(), kPost.size(), MSG_NOSIGNAL) < 0) return false;
    for (int i = 0; i < 1'000 && echo.closed == before; ++i) {
      loop_->run_once(std::chrono::milliseconds(1));
    }
    return echo.closed == before + 1 && ::recv(socket, space.data(), space.size(), 0) > 0;
  };
  turns();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(exchange_one());
  const std::size_t before = allocations.load();
  bool all_done = true;
  for (int i = 0; i < 1'000; ++i) all_done = exchange_one() && all_done;
  EXPECT_EQ(allocations.load() - before, 0U);
  EXPECT_TRUE(all_done);
}

}  // namespace
}  // namespace mex::server
