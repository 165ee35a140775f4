#include "proxy/upstream/origin_addresses.h"

#include <algorithm>
#include <utility>

namespace mex::proxy::upstream {
namespace {

// More than a name server sends in one answer over UDP; a bit of Tried for each.
constexpr std::size_t kMaxAddresses = 64;

bool is_tried(OriginAddresses::Tried tried, std::size_t index) {
  return (tried >> index & 1U) != 0;
}

}  // namespace

void OriginAddresses::replace(const std::vector<net::Address>& addresses) {
  std::vector<Known> next;
  for (const net::Address& address : addresses) {
    if (next.size() == kMaxAddresses) break;
    const Known* known = find(address);
    next.push_back(known != nullptr ? *known : Known{address});
  }
  const bool is_same =
      std::equal(next.begin(), next.end(), all_.begin(), all_.end(),
                 [](const Known& a, const Known& b) { return a.address == b.address; });
  if (!is_same) ++version_;
  all_ = std::move(next);
}

std::size_t OriginAddresses::next(Tried tried, base::SteadyTime now) {
  for (const bool is_choosy : {true, false}) {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      const std::size_t index = (turn_ + i) % all_.size();
      if (is_tried(tried, index)) continue;
      if (is_choosy && now < all_[index].avoided_until) continue;
      if (tried == 0) turn_ = index + 1;
      return index;
    }
  }
  return kNone;
}

bool OriginAddresses::has_next(Tried tried) const {
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (!is_tried(tried, i)) return true;
  }
  return false;
}

void OriginAddresses::note_failure(const net::Address& address, base::SteadyTime now) {
  if (Known* known = find(address)) known->avoided_until = now + kAvoided;
}

void OriginAddresses::note_success(const net::Address& address) {
  if (Known* known = find(address)) known->avoided_until = {};
}

OriginAddresses::Known* OriginAddresses::find(const net::Address& address) {
  const auto found = std::find_if(all_.begin(), all_.end(), [&address](const Known& known) {
    return known.address == address;
  });
  return found == all_.end() ? nullptr : &*found;
}

}  // namespace mex::proxy::upstream
