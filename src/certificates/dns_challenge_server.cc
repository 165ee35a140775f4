#include "certificates/dns_challenge_server.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "base/log.h"
#include "base/random_id.h"
#include "base/secret.h"
#include "base/status.h"
#include "certificates/txt_request.h"
#include "http/known_header.h"

namespace mex::certificates {
namespace {

constexpr std::size_t kMaxBody = 4096;
constexpr std::chrono::seconds kProviderDeadline{50};  // lego itself waits 60
constexpr std::chrono::seconds kTtl{60};               // the least that Cloudflare takes

// What all requests of an order have in common.
struct Order {
  dns::DnsProvider& provider;
  std::vector<std::string> names;
  base::Secret authorization;
  std::stop_token stop;

  absl::Status perform(std::string_view action, std::string_view body) const;
};

absl::Status Order::perform(std::string_view action, std::string_view body) const {
  MEX_ASSIGN_OR_RETURN(TxtRequest request, read_txt_request(body, names));
  const dns::DnsRecord record{.name = std::move(request.name),
                              .type = dns::RecordType::Txt,
                              .content = std::move(request.value),
                              .ttl = kTtl};
  const base::CallLimits limits{std::chrono::steady_clock::now() + kProviderDeadline, stop};
  const bool is_present = action == "/present";
  const absl::Status done =
      is_present ? provider.add(record, limits) : provider.remove(record, limits);
  log::debug(is_present ? "TXT record of a challenge set" : "TXT record of a challenge removed",
             {{"name", record.name}, {"result", done}});
  return done;
}

// One request, until it is answered.
class TxtCall final : public server::RequestHandler {
 public:
  TxtCall(const Order& order, server::Exchange& exchange) : order_(order), exchange_(exchange) {}

  void on_body(std::string_view bytes) override {
    if (body_.size() + bytes.size() <= kMaxBody) body_ += bytes;
  }
  void on_body_end() override {
    const absl::Status done = order_.perform(exchange_.request().path, body_);
    server::respond_text(exchange_, done.ok() ? 200 : 500,
                         done.ok() ? std::string_view("done") : base::message_of(done));
  }
  void on_output_drained() override {}
  void on_closed(server::CloseReason) override { delete this; }

 private:
  const Order& order_;
  server::Exchange& exchange_;
  std::string body_;
};

class TxtService final : public server::Service {
 public:
  explicit TxtService(Order order) : order_(std::move(order)) {}

  void on_request(server::Exchange& exchange) override {
    const http::RequestHead& request = exchange.request();
    const auto authorization = request.headers.value(http::KnownHeader::Authorization);
    const bool is_lego = base::constant_time_equal(authorization, order_.authorization.reveal());
    if (!is_lego) return server::respond_text(exchange, 401, "this is for lego alone");
    const bool is_known = request.path == "/present" || request.path == "/cleanup";
    if (!is_known || request.method != http::Method::Post) {
      return server::respond_text(exchange, 404, "no such call");
    }
    // Deletes itself with the exchange.
    exchange.set_handler(*new TxtCall(order_, exchange));
  }

 private:
  const Order order_;
};

}  // namespace

absl::StatusOr<ChallengeOptions> DnsChallengeServer::open(const std::vector<std::string>& names) {
  close();
  stopping_ = std::stop_source();
  ChallengeOptions challenge;
  challenge.dns_password = base::Secret(base::random_hex(32));
  const base::Secret authorization(
      "Basic " +
      absl::Base64Escape(fmt::format("{}:{}", kDnsUser, challenge.dns_password.reveal())));
  MEX_ASSIGN_OR_RETURN(shard_, server::ShardGroup::start(1, "dns-01"));
  server::ServerGroup::Config config{
      .address = net::Address::loopback(0), .certificates = {}, .options = {}};
  config.options.name = "dns-01";
  MEX_ASSIGN_OR_RETURN(server_,
                       server::ServerGroup::start(*shard_, std::move(config), [&](server::Shard&) {
                         return std::make_unique<TxtService>(
                             Order{provider_, names, authorization, stopping_.get_token()});
                       }));
  challenge.dns_endpoint = "http://" + server_->address().text();
  return challenge;
}

void DnsChallengeServer::close() {
  stopping_.request_stop();
  server_.reset();
  shard_.reset();
}

}  // namespace mex::certificates
