#pragma once

#include <sys/uio.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "net/address.h"

namespace mex::net {

enum class IoStatus : std::uint8_t {
  Progress,    // `bytes` were moved, or the handshake is done
  WouldBlock,  // nothing was moved; wait for the next readiness
  End,         // read: the peer has finished sending
  Failed,      // the connection is of no more use; see `source` and `code`
};

// Where the number in IoResult::code comes from.
enum class ErrorSource : std::uint8_t { None, System /* errno */, Tls /* OpenSSL's error code */ };

struct IoResult {
  IoStatus status = IoStatus::Progress;
  // With Progress: the kernel has nothing more to give or take just now, so trying again before the
  // next readiness is a wasted system call.
  bool wait = false;
  ErrorSource source = ErrorSource::None;
  std::uint64_t code = 0;
  std::size_t bytes = 0;

  static IoResult progress(std::size_t bytes, bool wait) {
    return {IoStatus::Progress, wait, ErrorSource::None, 0, bytes};
  }
  static IoResult would_block() { return {IoStatus::WouldBlock, true, ErrorSource::None, 0, 0}; }
  static IoResult end() { return {IoStatus::End, false, ErrorSource::None, 0, 0}; }
  static IoResult system_error(int error_number) {
    return {IoStatus::Failed, false, ErrorSource::System, static_cast<std::uint64_t>(error_number),
            0};
  }
  static IoResult tls_error(std::uint64_t code) {
    return {IoStatus::Failed, false, ErrorSource::Tls, code, 0};
  }
};

// A non-blocking stream of bytes over a connected, or still connecting, socket. Plain TCP below,
// TLS in tls/. Loop thread only; no exceptions. Destroying it closes the socket: unwatch() it
// before.
class Transport {
 public:
  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  // For EventLoop::watch. Stays the same for life.
  virtual int descriptor() const = 0;

  // Goes on with the connect and, for TLS, with its handshake. Call at every readiness until it
  // gives Progress (once) or Failed; read and write only after that.
  virtual IoResult handshake() = 0;

  virtual IoResult read(std::span<char> into) = 0;

  // Takes a prefix of `pieces` (any number, empty ones allowed). A transport that encrypts may have
  // taken bytes that the kernel has not: then `wait` is set, and write() with no pieces at the next
  // readiness moves them on (Progress without `wait` once they are gone).
  virtual IoResult write(std::span<const iovec> pieces) = 0;

  // Ends our direction after everything written (TCP FIN, TLS close_notify before it); reading
  // goes on. Progress, WouldBlock (call again at the next readiness) or Failed.
  virtual IoResult shutdown_write() = 0;

  // What TLS has agreed on by ALPN ("h2"); empty if on nothing.
  virtual std::string_view application_protocol() const { return {}; }

  // Makes the close by the destructor a reset, for a peer that must notice that it was cut off.
  void reset_on_close();

  // Makes the connection Failed about `time` after the last sign of life of a peer that is gone
  // without a word (its machine is dead, its network cut), also while nothing is sent. At least a
  // second.
  void notice_lost_peer(std::chrono::seconds time);

  // Text for people of a Failed result: "Connection reset by peer", "certificate has expired".
  virtual std::string to_string(const IoResult& result) const;
};

// Plain TCP. `socket` is non-blocking; `connecting` says that handshake() has to wait for it.
std::unique_ptr<Transport> make_tcp_transport(base::Descriptor socket, bool connecting = false);

// What plain TCP does, for transports that put a layer on top: one recv, one sendmsg, and the
// outcome of a connect as far as it is known.
IoResult read_socket(int socket, std::span<char> into);
IoResult write_socket(int socket, std::span<const iovec> pieces);
IoResult finish_connect(int socket);

// Result of connect_to: a socket whose connect has been started, or the errno that refused it.
struct ConnectStart {
  base::Descriptor socket;
  int error_number = 0;
};

// Starts a TCP connection (non-blocking, close-on-exec, TCP_NODELAY). handshake() of a
// transport made with `connecting` gives the outcome.
ConnectStart connect_to(const Address& address);

// True if a kept-alive connection that should be silent can still be used: no end, no error and no
// byte waiting. One system call.
bool is_quiet(int socket);

}  // namespace mex::net
