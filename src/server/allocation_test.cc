// Steady traffic allocates nothing: counted by this program's own operator new.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "server/http2/testing.h"
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
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  allocations.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size);
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

class Http2AllocationTest : public http2::testing::Http2Test {};

TEST_F(Http2AllocationTest, StreamsOfAKeptConnectionAreServedWithoutAny) {
  Echo echo;
  service_.answer = [&](Exchange& exchange) { echo.take(exchange); };
  start();
  const testing::Client client_of_test = connect();
  const int socket = client_of_test.descriptor();
  std::array<char, 1000> space{};
  const auto send = [&](std::string_view bytes) {
    return ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  };
  // Made beforehand, so that only the server's are counted.
  constexpr std::uint32_t kWarm = 200;
  constexpr std::uint32_t kCounted = 1'000;
  std::vector<std::string> requests;
  for (std::uint32_t i = 0; i < kWarm + kCounted; ++i) {
    const std::uint32_t stream = 2 * i + 1;
    requests.push_back(http2::testing::headers(stream, http2::testing::request("POST"), false) +
                       http2::testing::data(stream, "hello", true) +
                       http2::testing::window_update(0, 5));
  }
  const auto exchange_one = [&](const std::string& frames) {
    const int before = echo.closed;
    if (!send(frames)) return false;
    for (int i = 0; i < 1'000 && echo.closed == before; ++i) {
      loop_->run_once(std::chrono::milliseconds(1));
    }
    return echo.closed == before + 1 && ::recv(socket, space.data(), space.size(), 0) > 0;
  };
  turns();
  ASSERT_TRUE(send(std::string(http::kHttp2Preface) + http2::testing::settings({})));
  turns();
  std::size_t before = 0;
  bool all_done = true;
  for (std::uint32_t i = 0; i < kWarm + kCounted; ++i) {
    if (i == kWarm) before = allocations.load();
    all_done = exchange_one(requests[i]) && all_done;
  }
  EXPECT_EQ(allocations.load() - before, 0U);
  EXPECT_TRUE(all_done);
}

}  // namespace
}  // namespace mex::server
