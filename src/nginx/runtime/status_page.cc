#include "nginx/runtime/status_page.h"

#include <fcntl.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <system_error>
#include <vector>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/status.h"
#include "http_client/client.h"

namespace mex::nginx {
namespace {

constexpr std::chrono::seconds kAnswerTimeout{2};

std::vector<std::uint64_t> numbers_in(std::string_view text) {
  std::vector<std::uint64_t> numbers;
  while (true) {
    const std::size_t begin = text.find_first_of("0123456789");
    if (begin == std::string_view::npos) return numbers;
    text.remove_prefix(begin);
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return {};
    numbers.push_back(value);
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  }
}

}  // namespace

absl::StatusOr<ConnectionCounts> parse_counts(std::string_view text) {
  // "Active connections: 1\nserver accepts handled requests\n 5 5 7\nReading: 0 Writing: 1 …"
  const std::vector<std::uint64_t> numbers = numbers_in(text);
  if (!text.starts_with("Active connections: ") || numbers.size() < 4) {
    return base::error(absl::StatusCode::kDataLoss, "not the answer of stub_status");
  }
  return ConnectionCounts{numbers[0], numbers[1], numbers[2], numbers[3]};
}

absl::StatusOr<std::string> StatusPage::get(std::string_view path) const {
  http_client::Options options;
  options.use_environment_proxy = false;
  options.connect_timeout = kAnswerTimeout;
  base::Descriptor status_socket;
  if (!directory_.empty()) {
    // The name of a socket has at most 107 bytes; this one is short wherever the directory is. The
    // directory may be one that nginx's user can write: a link to another server's socket there is
    // not followed.
    status_socket.reset(
        ::open((directory_ + "/status.sock").c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!status_socket.valid()) return base::errno_status(errno, directory_);
    options.unix_socket = fmt::format("/proc/self/fd/{}", status_socket.get());
  }
  http_client::Client client(std::move(options));
  http_client::Request request;
  request.url = fmt::format("http://127.0.0.1:{}{}", port_ == 0 ? 80 : port_, path);
  request.limits.deadline = base::system_clock().steady_now() + kAnswerTimeout;
  request.max_response_bytes = 4096;
  MEX_ASSIGN_OR_RETURN(http_client::Response response, client.send(request));
  if (response.status != 200) {
    return base::error(absl::StatusCode::kUnavailable, "the status server answered {}",
                       response.status);
  }
  return std::move(response.body);
}

absl::StatusOr<std::string> StatusPage::generation() const { return get("/generation"); }

absl::StatusOr<ConnectionCounts> StatusPage::counts() const {
  MEX_ASSIGN_OR_RETURN(const std::string text, get("/status"));
  return parse_counts(text);
}

}  // namespace mex::nginx
