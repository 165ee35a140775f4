#include "server/admission.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"

namespace mex::server {
namespace {

// Of busy connections, for one that waits for its client: a bound of what one look costs.
constexpr int kMaxLooks = 64;
// Times as many requests under way.
constexpr std::size_t kMuchMore = 4;
// Fewer places are not shared out: there would be nothing of them for anyone.
constexpr std::size_t kMinShared = 64;

// How many requests one client may have while `left` of `all` could still begin. It shrinks with
// the square of what is left: alone a client gets two thirds, one after the other each gets less,
// and the last places are for those that have none. So some are left for who comes next, though no
// one that works is cut for them.
std::size_t share_of(std::size_t left, std::size_t all) {
  return all < kMinShared ? all : left * left * 8 / all + 1;
}

bool can_make_room(Place::State state) {
  return state == Place::State::Handshake || state == Place::State::Idle;
}

std::string to_string(const ClientKey& client) {
  if (!client.is_ipv6) {
    return fmt::format("{}", fmt::join(client.bytes.begin(), client.bytes.begin() + 4, "."));
  }
  std::string text;
  for (std::size_t i = 0; i < client.bytes.size(); i += 2) {
    text += fmt::format("{:x}:", client.bytes[i] * 256 + client.bytes[i + 1]);
  }
  return text + ":/64";
}

}  // namespace

Admission::Admission(const ConnectionLimits& limits, std::string server,
                     const ServerMetrics& metrics, const net::EventLoop& loop)
    : limits_(limits), server_(std::move(server)), metrics_(metrics), loop_(loop) {}

bool Admission::admit(Place& place, const net::Address& peer, bool with_handshake) {
  const ClientKey key = ClientKey::of(peer);
  Client& client = clients_[key];
  client.key = key;
  // Held, so that closing another connection of the client does not end its entry.
  ++client.connections;
  const bool is_admitted = make_room_for(client, with_handshake);
  if (!is_admitted) {
    --client.connections;
    forget_if_gone(client);
    return false;
  }
  place.is_for_probes = all_ >= limits_.connections;
  ++(place.is_for_probes ? probes_ : all_);
  place.client = &client;
  set_state(place, with_handshake ? Place::State::Handshake : Place::State::Idle);
  return true;
}

// `client` counts the new connection already.
bool Admission::make_room_for(Client& client, bool with_handshake) {
  if (with_handshake && client.handshakes >= limits_.client_handshakes) {
    note(Limit::ClientHandshakes, client.key);
    client.in_handshake.oldest()->holder.give_up_place();
  }
  if (client.connections > limits_.client_connections) {
    note(Limit::ClientConnections, client.key);
    Place* oldest = client.idle.oldest();
    if (oldest == nullptr) oldest = client.in_handshake.oldest();
    if (oldest == nullptr) return false;
    oldest->holder.give_up_place();
  }
  if (all_ < limits_.connections) return true;
  note(Limit::Connections, client.key);
  if (Place* const oldest = can_make_room_.oldest(); oldest != nullptr) {
    oldest->holder.give_up_place();
  } else {
    cut_slow(&client);
  }
  return all_ < limits_.connections || probes_ < limits_.probes;
}

// Requests that go on are put behind the others, so that the next look begins where this one ends.
bool Admission::cut_slow(const Client* for_client, const Place* except) {
  Place* second_choice = nullptr;
  for (int looks = 0; looks < kMaxLooks && !busy_.empty(); ++looks) {
    Place& place = *busy_.oldest();
    const PlaceHolder::Wait wait = &place == except ? PlaceHolder::Wait::None : place.holder.wait();
    if (wait == PlaceHolder::Wait::Stalled) {
      place.holder.give_up_place();
      return true;
    }
    const bool has_much_more =
        for_client != nullptr && place.client->requests > kMuchMore * (for_client->requests + 1);
    if (wait == PlaceHolder::Wait::Client && has_much_more && second_choice == nullptr) {
      second_choice = &place;
    }
    busy_.remove(place);
    busy_.add(place);
  }
  if (second_choice != nullptr) second_choice->holder.give_up_place();
  return second_choice != nullptr;
}

void Admission::hand_over(Place& from, Place& to) {
  const Place::State state = from.state;
  set_state(from, Place::State::None);
  to.client = std::exchange(from.client, nullptr);
  to.is_for_probes = from.is_for_probes;
  set_state(to, state);
}

void Admission::leave(Place& place) {
  if (place.client == nullptr) return;
  set_state(place, Place::State::None);
  Client& client = *std::exchange(place.client, nullptr);
  client.requests -= place.requests;
  requests_ -= std::exchange(place.requests, 0);
  --(place.is_for_probes ? probes_ : all_);
  --client.connections;
  forget_if_gone(client);
}

bool Admission::may_intercept(const Place& place) {
  if (place.client->intercepted < limits_.client_intercepted) return true;
  note(Limit::ClientIntercepted, place.client->key);
  return false;
}

Client& Admission::intercept(Place& place) {
  set_state(place, Place::State::None);
  --(place.is_for_probes ? probes_ : all_);
  ++intercepted_;
  ++place.client->intercepted;
  return *std::exchange(place.client, nullptr);
}

void Admission::leave_intercepted(Client& client) {
  --intercepted_;
  --client.intercepted;
  --client.connections;
  forget_if_gone(client);
}

void Admission::end_handshake(Place& place) {
  if (place.state == Place::State::Handshake) set_state(place, Place::State::Idle);
}

// A connection may have many requests under way. All together have no more of them than if each had
// a connection, so what requests cost is bounded by the same number.
bool Admission::make_room_for_request(Place& place) {
  if (place.client == nullptr || requests_ < limits_.connections) return true;
  note(Limit::Requests, place.client->key);
  cut_slow(place.client, &place);
  return requests_ < limits_.connections;
}

bool Admission::begin_request(Place& place) {
  if (place.client == nullptr) return true;
  const std::size_t left = limits_.connections - std::min(limits_.connections, requests_);
  const std::size_t most = std::min(limits_.client_requests, share_of(left, limits_.connections));
  if (place.client->requests >= most) {
    note(Limit::ClientRequests, place.client->key);
    return false;
  }
  if (place.requests++ == 0) set_state(place, Place::State::Busy);
  ++place.client->requests;
  ++requests_;
  return true;
}

void Admission::end_request(Place& place) {
  if (place.requests == 0) return;
  --place.client->requests;
  --requests_;
  if (--place.requests == 0) set_state(place, Place::State::Idle);
}

// Keeps counts and lists in step with the state.
void Admission::set_state(Place& place, Place::State state) {
  Client& client = *place.client;
  if (can_make_room(place.state)) {
    can_make_room_.remove(place);
    (place.state == Place::State::Idle ? client.idle : client.in_handshake).remove(place);
  }
  if (place.state == Place::State::Handshake) --client.handshakes;
  if (place.state == Place::State::Busy) busy_.remove(place);
  place.state = state;
  if (state == Place::State::Handshake) ++client.handshakes;
  if (state == Place::State::Busy) busy_.add(place);
  if (can_make_room(state)) {
    can_make_room_.add(place);
    (state == Place::State::Idle ? client.idle : client.in_handshake).add(place);
  }
}

void Admission::forget_if_gone(Client& client) {
  if (client.connections > 0) return;
  const ClientKey key = client.key;
  clients_.erase(key);
}

void Admission::note(Limit limit, const ClientKey& client) {
  struct Words {
    std::string_view label;
    std::string_view text;
    std::size_t most;
  };
  const std::array<Words, ServerMetrics::kLimits> words = {{
      {"connections", "all connections are taken", limits_.connections},
      {"client_connections", "a client has as many connections as it may",
       limits_.client_connections},
      {"client_handshakes", "a client has as many handshakes under way as it may",
       limits_.client_handshakes},
      {"client_requests", "a client has as many requests under way as it may",
       limits_.client_requests},
      {"client_intercepted", "a client has as much TLS passed through as it may",
       limits_.client_intercepted},
      {"requests", "as many requests are under way as there may be", limits_.connections},
  }};
  const auto index = static_cast<std::size_t>(limit);
  metrics_.count_limited(index);
  if (!lines_[index].allow(loop_.now())) return;
  log::write_later(log::Level::Warning, words[index].text,
                   {{"server", server_},
                    {"client", to_string(client)},
                    {"limit_of_shard", words[index].most},
                    {"unlogged_before", lines_[index].take_suppressed()}});
}

}  // namespace mex::server
