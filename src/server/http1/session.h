#pragma once

#include <memory>
#include <string_view>

#include "server/connection.h"
#include "server/connection_context.h"
#include "server/http1/stream.h"
#include "server/protocol.h"

namespace mex::server::http1 {

// HTTP/1 on a connection: one stream after the other, in the order of the requests. Decides what
// becomes of the connection between them. Shard thread only.
class Session final : public Protocol {
 public:
  // All of them outlive the session.
  Session(Connection& connection, ConnectionContext& context, StreamPool& streams);

 private:
  bool wants_input() const override;
  void process_input() override;
  void on_input_end() override;
  void on_output_sent() override;
  void on_deadline() override;
  void on_drain() override;
  bool has_open_streams() const override { return stream_ != nullptr && stream_->is_open(); }
  bool awaits_client() const override { return has_open_streams() && stream_->awaits_body(); }
  void on_close(CloseReason reason) override;

  bool begin_stream();
  bool admit_request();
  bool end_stream();
  void release_stream();
  void fail_stream(CloseReason reason, int status, std::string_view line);
  void refuse(const http::RequestHead* head, int status, std::string_view line);
  void reject(int status, std::string_view line);
  bool is_output_full() const;

  Connection& connection_;
  ConnectionContext& context_;
  StreamPool& streams_;
  std::unique_ptr<Stream> stream_;  // from the first byte of a head until the exchange ends
};

}  // namespace mex::server::http1
