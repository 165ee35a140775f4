#include "tls/ticket_keys.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>

#include "base/check.h"

namespace mex::tls {
namespace {

TicketKeys::Key random_key() {
  TicketKeys::Key key{};
  const auto fill = [](auto& bytes) {
    return RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1;
  };
  MEX_CHECK(fill(key.name) && fill(key.cipher) && fill(key.mac), "OpenSSL has no random bytes");
  return key;
}

void wipe(TicketKeys::Key& key) { OPENSSL_cleanse(&key, sizeof key); }

bool has_name(const TicketKeys::Key& key, const unsigned char* name) {
  return std::equal(key.name.begin(), key.name.end(), name);
}

}  // namespace

TicketKeys::TicketKeys(const base::Clock& clock)
    : clock_(clock), current_(random_key()), made_at_(clock.steady_now()) {}

TicketKeys::~TicketKeys() {
  wipe(current_);
  if (previous_) wipe(*previous_);
}

TicketKeys::Key TicketKeys::current() {
  const base::MutexLock lock(mutex_);
  rotate_if_due();
  return current_;
}

std::optional<TicketKeys::Found> TicketKeys::find(const unsigned char* name) {
  const base::MutexLock lock(mutex_);
  rotate_if_due();
  if (has_name(current_, name)) return Found{current_, false};
  if (previous_ && has_name(*previous_, name)) return Found{*previous_, true};
  return std::nullopt;
}

void TicketKeys::rotate_if_due() {
  const base::SteadyTime now = clock_.steady_now();
  if (now < made_at_ + kRotation) return;
  if (previous_) wipe(*previous_);
  previous_.reset();
  // After a long silence the current key is too old to open anything, too.
  if (now < made_at_ + 2 * kRotation) previous_ = current_;
  wipe(current_);
  current_ = random_key();
  made_at_ = now;
}

}  // namespace mex::tls
