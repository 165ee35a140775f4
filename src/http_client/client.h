#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/call_limits.h"
#include "base/secret.h"

namespace mex::http_client {

struct Header {
  std::string name;
  std::string value;
};

struct Request {
  std::string method = "GET";
  std::string url;  // http or https, with its query already percent-encoded
  std::vector<Header> headers;
  std::string body;
  base::CallLimits limits;  // for the whole exchange: name look-up to the last byte of the answer
  std::size_t max_response_bytes = std::size_t{16} << 20U;
};

// Any answer, of whatever status code: an error of HTTP is not an error of this client.
struct Response {
  int status = 0;
  std::vector<Header> headers;
  std::string body;

  // The first header of that name (in any case), or "" if there is none.
  std::string_view header(std::string_view name) const;
};

struct Options {
  std::string ca_file;    // PEM; "" = the system's
  std::string ca_pem;     // the same as text, instead of the file
  bool insecure = false;  // accept any certificate
  std::chrono::milliseconds connect_timeout{10'000};
  std::size_t max_idle_channels = 32;  // finished connections kept for the next call
  // Who we are to the server, as PEM; both or neither.
  std::string client_certificate_pem;
  base::Secret client_key_pem;
  // "HOST:PORT" ("[…]:PORT") that is connected to whatever the URL says; the name in the URL is
  // still the one that the server's certificate must have. "" = the URL's.
  std::string connect_to;
  // Path of a socket that is connected to whatever the URL says; at most 107 bytes. "" = the URL's.
  std::string unix_socket;
  bool use_environment_proxy = true;
  // HTTP/2 with servers that speak it over TLS, so that many requests of an AsyncClient share a
  // connection. One that is read by a Client has its connection for itself all the same.
  bool prefer_http2 = false;
};

class Stream;

// A blocking HTTP/1.1 client over libcurl. Thread-safe; connections are kept alive and shared by
// the calls of all threads. The proxy variables of the environment (http_proxy, https_proxy,
// no_proxy) are honoured unless the options say otherwise; redirects are not followed. The first
// client makes the process ignore SIGPIPE.
//
// Errors of send():
//   InvalidArgument     not an http(s) URL
//   Unavailable         name not found, no connection, connection lost, not an HTTP answer
//   FailedPrecondition  the peer's certificate, the CAs or our own certificate cannot be accepted
//   DeadlineExceeded    the deadline passed
//   Cancelled           the stop token was set
//   ResourceExhausted   the answer is longer than max_response_bytes
// nothing_was_sent() tells which of them left the peer untouched. A request that may change
// something (all but GET, HEAD, OPTIONS) is never sent twice, whatever becomes of the connection
// under it.
class Client {
 public:
  explicit Client(Options options);
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();  // no call may be running

  absl::StatusOr<Response> send(const Request& request);

  // For an answer that comes bit by bit. Returns when its head is there; errors as above. The
  // stream must not outlive the client. `max_response_bytes` bounds what is buffered between two
  // reads.
  absl::StatusOr<std::unique_ptr<Stream>> open(const Request& request);

 private:
  class Pool;
  std::unique_ptr<Pool> pool_;
};

// True if `status`, an error of send(), came before the first byte of the request left: repeating
// the call is safe whatever its method. False means that the peer may have acted on it.
bool nothing_was_sent(const absl::Status& status);

}  // namespace mex::http_client
