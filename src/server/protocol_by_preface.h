#pragma once

#include <memory>

#include "server/connection.h"
#include "server/connection_context.h"
#include "server/protocol.h"

namespace mex::server {

class Protocols;

// A connection without TLS whose client may know that HTTP/2 is spoken here (RFC 9113 section 3.3):
// what it is becomes known by its first bytes, and from then on this only passes on. Shard thread
// only.
class ProtocolByPreface final : public Protocol {
 public:
  // All of them outlive this object.
  ProtocolByPreface(Connection& connection, ConnectionContext& context, Protocols& protocols);

 private:
  bool wants_input() const override { return chosen_ == nullptr || chosen_->wants_input(); }
  void process_input() override;
  void on_input_end() override;
  void on_output_sent() override {
    if (chosen_ != nullptr) chosen_->on_output_sent();
  }
  void on_deadline() override;
  void on_drain() override;
  bool has_open_streams() const override { return chosen_ && chosen_->has_open_streams(); }
  bool awaits_client() const override { return chosen_ && chosen_->awaits_client(); }
  void on_close(CloseReason reason) override {
    if (chosen_ != nullptr) chosen_->on_close(reason);
  }

  Connection& connection_;
  ConnectionContext& context_;
  Protocols& protocols_;
  std::unique_ptr<Protocol> chosen_;  // null until the first bytes have come
};

}  // namespace mex::server
