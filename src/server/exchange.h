#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "http/head.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "tls/client_identity.h"

namespace mex::server {

enum class HttpProtocol : std::uint8_t { Http1, Http2 };
std::string_view to_string(HttpProtocol protocol);  // "HTTP/1", "HTTP/2"

// The connection that a request came on. Valid as long as the exchange.
struct ConnectionInfo {
  net::Address peer;
  net::Address local;
  bool tls = false;
  HttpProtocol protocol = HttpProtocol::Http1;
  std::string_view server_name;  // SNI; empty without
  std::string_view tls_version;  // "TLSv1.3"
  std::string_view tls_cipher;
  std::uint64_t id = 0;  // unique in this process, for logs
  // What TLS has asked of the client; null if nothing.
  const tls::ClientIdentity* client = nullptr;
};

// A header field of a response. Views need to live only during the call they are given to.
struct HeaderView {
  std::string_view name;
  std::string_view value;
};

// How long a response's body is. Framing headers follow from it; a handler never sends
// Content-Length, Transfer-Encoding, Connection or Keep-Alive itself (they are left out if it
// does).
class BodyLength {
 public:
  // Exactly so many bytes follow. For a response to HEAD or a 304: what GET would have given.
  static BodyLength exactly(std::uint64_t bytes) { return {Kind::Exact, bytes}; }
  // Ends with end_body(): chunked, or ended by closing the connection for HTTP/1.0 clients.
  static BodyLength unknown() { return {Kind::Unknown, 0}; }
  // No body and nothing said about it: 204, 304, HEAD without a known length. Over HTTP/2 any
  // response may be so; it ends with its head.
  static BodyLength none() { return {Kind::None, 0}; }

  enum class Kind : std::uint8_t { Exact, Unknown, None };
  Kind kind() const { return kind_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  BodyLength(Kind kind, std::uint64_t bytes) : kind_(kind), bytes_(bytes) {}
  Kind kind_;
  std::uint64_t bytes_;
};

// How far a response has come.
struct ResponseProgress {
  int status = 0;  // of the head that was sent; 0: none was
  std::uint64_t body_bytes = 0;
};

enum class CloseReason : std::uint8_t {
  Completed,     // request read or discarded, response handed over whole
  ClientClosed,  // the connection ended before that
  ClientFault,   // the request's body was malformed or cut off
  Timeout,       // the client was too slow in sending or in taking
  Aborted,       // the handler called abort(), or did not keep its promised length
  Draining,      // the server's drain deadline passed
};
std::string_view to_string(CloseReason reason);

class RequestHandler;

// One request and its response, whatever the protocol version below: over HTTP/2 a stream, of which
// "the connection" below is said, too. Shard thread only; owned by its connection, gone after
// RequestHandler::on_closed. All calls may be made from within the handler's own callbacks. None of
// them reports failure: a connection that breaks ends in on_closed, and what is sent until then is
// dropped.
class Exchange {
 public:
  // Valid until the exchange ends, with everything it points to.
  virtual const http::RequestHead& request() const = 0;
  virtual const ConnectionInfo& connection() const = 0;
  virtual net::EventLoop& loop() = 0;

  // `handler` gets the rest of the request and the end. Called in Service::on_request, before it
  // returns; a service that answers completely within on_request needs none. Must live until its
  // on_closed.
  virtual void set_handler(RequestHandler& handler) = 0;

  // Back-pressure towards the client: no on_body until resume_body(). A client that waits for
  // "100 Continue" gets it as soon as the body is wanted: at the end of on_request, unless the body
  // was paused there, or in resume_body().
  virtual void pause_body() = 0;
  virtual void resume_body() = 0;

  // Both sides talk in turns, and may pause for as long as those of a tunnel. Over HTTP/2.
  virtual void allow_pauses() {}

  // An interim response, 100 to 199 without 101; left out for HTTP/1.0 clients.
  virtual void send_informational(int status, std::span<const HeaderView> headers) = 0;

  // The head of the response; once. Date is added where it is missing. Values with control bytes
  // make it a 500 instead.
  virtual void send_head(int status, std::span<const HeaderView> headers, BodyLength length) = 0;

  // Body bytes; copied or sent before the call returns. Any amount is taken, but a handler that
  // streams stops its source while output_full() until on_output_drained(). Dropped where the
  // response has no body (HEAD, 204, 304).
  virtual void send_body(std::string_view bytes) = 0;

  // Between the last body bytes and end_body(); once. They are no headers. Left out: fields that
  // may be no trailers (http/trailers.h), and all of them where they have no place, which is behind
  // a body of a known length and where an HTTP/1 client has not said "TE: trailers" (RFC 9110
  // section 6.5.1).
  virtual void send_trailers(const http::HeaderList& trailers) = 0;

  // The response is complete. Fewer bytes than promised: the connection is cut.
  virtual void end_body() = 0;

  // Bytes taken from the handler that the kernel has not taken yet.
  virtual std::size_t output_pending() const = 0;
  virtual bool output_full() const = 0;
  // For logs. Still true in on_closed, where it may know more: what the server itself answers in
  // place of a handler that has to go.
  virtual ResponseProgress response_progress() const = 0;

  // After send_head(101, …, BodyLength::none()): from now on on_body and send_body carry raw bytes,
  // on_body_end means that the client half-closed, end_body() half-closes towards it.
  virtual void switch_to_tunnel() = 0;

  // The response cannot be completed: the connection is cut so that the client notices. Leads to
  // on_closed(Aborted), not from within this call. Too late once end_body() was called, except in a
  // tunnel.
  virtual void abort() = 0;

 protected:
  ~Exchange() = default;
};

// Follows one exchange. Shard thread only.
class RequestHandler {
 public:
  // Body bytes, decoded; valid during the call. All of them are the handler's now.
  virtual void on_body(std::string_view bytes) = 0;
  // What came behind the body; before on_body_end, where there is any. Valid during the call.
  virtual void on_trailers(const http::HeaderList& /*trailers*/) {}
  // The request is complete. Called for requests without a body, too.
  virtual void on_body_end() = 0;
  // output_full() was true and the client has taken at least half of it.
  virtual void on_output_drained() = 0;
  // Last call; the exchange is gone when it returns. The handler may destroy itself.
  virtual void on_closed(CloseReason reason) = 0;

 protected:
  ~RequestHandler() = default;
};

// One that no handler gets to see. Views live during the call only.
struct RefusedRequest {
  const ConnectionInfo& connection;
  const http::RequestHead* head;  // null: it could not be parsed, or never came whole
  int status;
  std::string_view reason;
};

class TlsInterceptor;

// Answers the requests of one shard.
class Service {
 public:
  virtual ~Service() = default;
  // Takes TLS connections away before they are answered; null if none are. Owned by the service.
  virtual TlsInterceptor* tls_interceptor() { return nullptr; }
  // Requests that are answered although there is no room for more: they say how the process is.
  // Answered completely within on_request.
  virtual bool is_probe(const http::RequestHead& /*head*/) const { return false; }
  // Sets a handler or answers completely before it returns.
  virtual void on_request(Exchange& exchange) = 0;
  // A request that the server has refused by itself, without a word to on_request: for logs.
  virtual void on_refused(const RefusedRequest& /*request*/) {}
};

// A whole response in one call: head, body, end.
void respond(Exchange& exchange, int status, std::span<const HeaderView> headers,
             std::string_view body);
// The same as "text/plain; charset=utf-8", with a line feed added to `line`.
void respond_text(Exchange& exchange, int status, std::string_view line);

}  // namespace mex::server
