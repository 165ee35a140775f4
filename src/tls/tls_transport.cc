#include "tls/tls_transport.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "tls/client_verification_content.h"

namespace mex::tls {
namespace {

using net::IoResult;
using net::IoStatus;

constexpr std::size_t kRecord = 16U << 10U;
// Plain bytes that one write() turns into records before it sends them.
constexpr std::size_t kWriteBatch = 64U << 10U;
constexpr std::size_t kSendPieces = 16;
// Of messages in a row that are no data, in buffers full (some 600 key updates each). No program
// sends even one.
constexpr unsigned kMaxBuffersWithoutData = 4;

TlsTransport& owner_of(BIO* bio) { return *static_cast<TlsTransport*>(BIO_get_data(bio)); }

int bio_read(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const int count = owner_of(bio).receive(into, size);
  if (count < 0 && errno == EAGAIN) BIO_set_retry_read(bio);
  return count;
}

int bio_write(BIO* bio, const char* from, int size) {
  owner_of(bio).stage({from, static_cast<std::size_t>(size)});
  return size;
}

long bio_control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return owner_of(bio).at_end() ? 1 : 0;
    default:
      return 0;
  }
}

// OpenSSL refuses each renegotiation with a warning, and goes on with the next one. A client that
// sends them without end, and reads no answer, would fill the memory.
void on_info(const SSL* ssl, int where, int value) {
  constexpr int kNoRenegotiation = SSL3_AL_WARNING << 8 | SSL_AD_NO_RENEGOTIATION;
  if (where != SSL_CB_WRITE_ALERT || value != kNoRenegotiation) return;
  owner_of(SSL_get_rbio(ssl)).note_renegotiation();
}

BIO_METHOD* make_bio_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "mex socket");
  if (method == nullptr) return nullptr;
  BIO_meth_set_read(method, bio_read);
  BIO_meth_set_write(method, bio_write);
  BIO_meth_set_ctrl(method, bio_control);
  return method;
}

BIO* make_bio(TlsTransport& owner) {
  static const BIO_METHOD* const method = make_bio_method();
  BIO* bio = method == nullptr ? nullptr : BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &owner);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace

std::unique_ptr<TlsTransport> TlsTransport::create(SslPtr ssl, base::Descriptor socket,
                                                   bool connecting, net::BufferPool& buffers,
                                                   std::shared_ptr<const void> context) {
  std::unique_ptr<TlsTransport> transport(
      new TlsTransport(std::move(ssl), std::move(socket), connecting, buffers, std::move(context)));
  BIO* bio = make_bio(*transport);
  if (bio == nullptr) return nullptr;
  SSL_set_bio(transport->ssl_.get(), bio, bio);
  SSL_set_info_callback(transport->ssl_.get(), on_info);
  return transport;
}

int TlsTransport::receive(char* into, int size) {
  const IoResult result = net::read_socket(socket_.get(), {into, static_cast<std::size_t>(size)});
  drained_ = result.wait;
  switch (result.status) {
    case IoStatus::Progress:
      // A method of HTTP is of capitals; the first record of TLS begins with 22 (RFC 8446 section
      // 5.1). OpenSSL knows four methods itself and answers the others with an alert.
      if (!has_begun_ && into[0] >= 'A' && into[0] <= 'Z' && SSL_is_server(ssl_.get()) == 1) {
        has_clear_text_ = true;
        errno = EPROTO;
        return -1;
      }
      has_begun_ = true;
      return static_cast<int>(result.bytes);
    case IoStatus::End:
      at_end_ = true;
      return 0;
    case IoStatus::WouldBlock:
      blocked_ = true;
      errno = EAGAIN;
      return -1;
    case IoStatus::Failed:
      break;
  }
  receive_errno_ = static_cast<int>(result.code);
  errno = receive_errno_;
  return -1;
}

IoResult TlsTransport::handshake() {
  if (connecting_) {
    const IoResult connected = net::finish_connect(socket_.get());
    if (connected.status != IoStatus::Progress) return connected;
    connecting_ = false;
  }
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  const IoResult result = done == 1 ? IoResult::progress(0, false) : failure_of(done);
  // Also after a failure: the alert gives the peer the reason.
  const IoResult sent = send_staged();
  return result.status != IoStatus::Failed && sent.status == IoStatus::Failed ? sent : result;
}

IoResult TlsTransport::read(std::span<char> into) {
  const IoResult result = read_data(into);
  // Reading may answer, e.g. with an alert.
  if (!staged_.empty()) send_staged();
  return result;
}

// Messages that are no data (key updates, tickets, requests for a renegotiation) end a call of
// OpenSSL early. A peer that sends nothing else does not keep the thread from other connections.
IoResult TlsTransport::read_data(std::span<char> into) {
  for (unsigned buffers = 0; buffers < kMaxBuffersWithoutData; ++buffers) {
    ERR_clear_error();
    blocked_ = false;
    std::size_t bytes = 0;
    const int done = SSL_read_ex(ssl_.get(), into.data(), into.size(), &bytes);
    if (done == 1) {
      return IoResult::progress(bytes, drained_ && SSL_has_pending(ssl_.get()) == 0);
    }
    const IoResult failure = failure_of(done);
    if (wanted_renegotiation_) break;
    if (failure.status != IoStatus::WouldBlock || blocked_) return failure;
  }
  return IoResult::system_error(EPROTO);
}

IoResult TlsTransport::write(std::span<const iovec> pieces) {
  const IoResult before = send_staged();
  if (before.status != IoStatus::Progress) return before;
  std::size_t taken = 0;
  std::size_t skip = 0;
  ERR_clear_error();
  while (!pieces.empty() && taken < kWriteBatch) {
    if (!encrypt(pieces, skip, taken)) return IoResult::tls_error(ERR_peek_error());
  }
  const IoResult sent = send_staged();
  if (sent.status == IoStatus::Failed) return sent;
  return IoResult::progress(taken, !staged_.empty());
}

// Makes one record of what comes next, putting small pieces together. `skip` bytes of the first
// piece have been taken before.
bool TlsTransport::encrypt(std::span<const iovec>& pieces, std::size_t& skip, std::size_t& taken) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): not zeroed for every record
  std::array<char, kRecord> together;
  std::size_t size = 0;
  const char* from = together.data();
  while (!pieces.empty() && size < kRecord) {
    const iovec& piece = pieces.front();
    const char* start = static_cast<const char*>(piece.iov_base) + skip;
    const std::size_t left = piece.iov_len - skip;
    const std::size_t part = std::min(left, kRecord - size);
    const bool alone = size == 0 && (part == kRecord || pieces.size() == 1);
    if (alone) {
      from = start;
    } else if (part > 0) {
      std::memcpy(together.data() + size, start, part);
    }
    size += part;
    skip += part;
    if (part == left) {
      pieces = pieces.subspan(1);
      skip = 0;
    }
    if (alone) break;
  }
  if (size == 0) return true;
  std::size_t written = 0;
  if (SSL_write_ex(ssl_.get(), from, size, &written) != 1) return false;
  taken += written;
  return true;
}

IoResult TlsTransport::shutdown_write() {
  if (!close_notify_made_) {
    close_notify_made_ = true;
    ERR_clear_error();
    // If it fails, no alert can reach the peer any more; only the FIN is left.
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  const IoResult sent = send_staged();
  if (sent.status != IoStatus::Progress) return sent;
  if (::shutdown(socket_.get(), SHUT_WR) != 0) return IoResult::system_error(errno);
  return IoResult::progress(0, false);
}

IoResult TlsTransport::send_staged() {
  while (!staged_.empty()) {
    std::array<iovec, kSendPieces> pieces{};
    const std::size_t used = staged_.pieces(pieces);
    const IoResult sent = net::write_socket(socket_.get(), std::span(pieces).first(used));
    if (sent.status != IoStatus::Progress) return sent;
    staged_.consume(sent.bytes);
    if (sent.wait) return IoResult::would_block();
  }
  return IoResult::progress(0, false);
}

IoResult TlsTransport::failure_of(int ssl_result) {
  if (has_clear_text_) return IoResult::tls_error(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_HTTP_REQUEST));
  switch (SSL_get_error(ssl_.get(), ssl_result)) {
    case SSL_ERROR_WANT_READ:
      return IoResult::would_block();
    case SSL_ERROR_ZERO_RETURN:
      return IoResult::end();
    case SSL_ERROR_SYSCALL:
      return IoResult::system_error(receive_errno_ != 0 ? receive_errno_ : ECONNRESET);
    default:
      return IoResult::tls_error(ERR_peek_error());
  }
}

std::string TlsTransport::to_string(const IoResult& result) const {
  if (result.source != net::ErrorSource::Tls) return Transport::to_string(result);
  const auto code = static_cast<unsigned long>(result.code);
  const char* reason = ERR_reason_error_string(code);
  std::string text = reason != nullptr ? reason : "TLS failed";
  if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED) {
    text += ": ";
    text += X509_verify_cert_error_string(SSL_get_verify_result(ssl_.get()));
  }
  return text;
}

SessionInfo TlsTransport::info() const {
  SessionInfo info;
  info.version = SSL_get_version(ssl_.get());
  if (const char* cipher = SSL_get_cipher_name(ssl_.get())) info.cipher = cipher;
  if (const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name)) {
    info.server_name = name;
  }
  const unsigned char* protocol = nullptr;
  unsigned int length = 0;
  SSL_get0_alpn_selected(ssl_.get(), &protocol, &length);
  if (length > 0) info.alpn = {reinterpret_cast<const char*>(protocol), length};
  info.resumed = SSL_session_reused(ssl_.get()) == 1;
  return info;
}

std::unique_ptr<const ClientIdentity> TlsTransport::client() const {
  return identity_of(ssl_.get());
}

std::unique_ptr<const ClientIdentity> client_identity(const net::Transport& transport) {
  const auto* tls = dynamic_cast<const TlsTransport*>(&transport);
  return tls == nullptr ? nullptr : tls->client();
}

std::unique_ptr<net::Transport> clear_text_of(net::Transport& transport) {
  auto* tls = dynamic_cast<TlsTransport*>(&transport);
  if (tls == nullptr || !tls->has_clear_text()) return nullptr;
  return net::make_tcp_transport(tls->release_socket());
}

SessionInfo session_info(const net::Transport& transport) {
  const auto* tls = dynamic_cast<const TlsTransport*>(&transport);
  return tls == nullptr ? SessionInfo{} : tls->info();
}

}  // namespace mex::tls
