#include "proxy/guarded_request.h"

#include <array>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>

#include "proxy/proxy_metrics.h"
#include "server/client_key.h"
#include "server/refusal.h"

namespace mex::proxy {
namespace {

using route::RateKey;

// The bytes of the client's key, and which family they are of.
class KeyText {
 public:
  explicit KeyText(const net::Address& client) {
    const server::ClientKey key = server::ClientKey::of(client);
    std::size_t at = 0;
    for (const std::uint8_t byte : key.bytes) text_[at++] = static_cast<char>(byte);
    text_[at] = key.is_ipv6 ? 6 : 4;
  }
  std::string_view text() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 9> text_{};
};

std::string_view refuse(server::Exchange& exchange, GuardKind guard, int status,
                        std::string_view line) {
  ProxyMetrics::get().refused(guard);
  server::refuse(exchange, status, line);
  return line.substr(0, line.find(':'));
}

// RFC 9110 section 10.2.3: whole seconds, so that who waits for them is not too early.
std::string_view refuse_for(std::chrono::microseconds wait, server::Exchange& exchange) {
  ProxyMetrics::get().refused(GuardKind::RateLimit);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  std::array<char, 24> digits;
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), seconds).ptr;
  const server::HeaderView retry{"Retry-After",
                                 {digits.data(), static_cast<std::size_t>(end - digits.data())}};
  server::refuse(exchange, 429, "rate_limit: too many requests", {&retry, 1});
  return "rate_limit";
}

std::string_view rate_key(const guard::Guards& guards, const server::Exchange& exchange,
                          std::string_view client) {
  if (guards.rate_limit().key != RateKey::Header) return client;
  const http::Header* const header = exchange.request().headers.find(guards.rate_limit().header);
  return header == nullptr || header->value.empty() ? client : header->value;
}

}  // namespace

std::string_view pass_guards(server::Exchange& exchange, const guard::Guards& guards,
                             const net::Address& client, base::SteadyTime now,
                             guard::Guards::Ticket& ticket) {
  if (!guards.allows(client)) {
    return refuse(exchange, GuardKind::Clients, 403, "clients: this address may not ask");
  }
  const KeyText key(client);
  if (guards.rate_limit().requests_per_second > 0) {
    const guard::RateVerdict verdict = guards.take(rate_key(guards, exchange, key.text()), now);
    if (verdict.has_displaced) ProxyMetrics::get().rates_forgotten.add();
    if (verdict.wait.count() > 0) return refuse_for(verdict.wait, exchange);
  }
  if (guards.max_body() > 0 && exchange.request().framing.length > guards.max_body()) {
    return refuse(exchange, GuardKind::BodySize, 413, "body_size: the body is too large");
  }
  std::optional<guard::Guards::Ticket> entered = guards.enter(key.text());
  if (!entered) {
    return refuse(exchange, GuardKind::Concurrency, 429,
                  "concurrency: too many requests are under way");
  }
  ticket = *std::move(entered);
  return {};
}

}  // namespace mex::proxy
