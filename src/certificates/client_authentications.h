#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "certificates/client_authentication.h"
#include "store/store.h"
#include "tls/certificate.h"

namespace mex::certificates {

// Which hosts of the proxy ask their clients for a certificate. Thread-safe. A change is in the
// store and active on every thread of the proxy when its call returns OK; connections that are
// open go on, and what they ask for next is held against it.
class ClientAuthentications {
 public:
  static constexpr std::size_t kMaxHosts = 1000;
  // Lets the proxy act by verifications(), which it calls itself.
  using Apply = std::function<absl::Status()>;

  // Reads the store, which outlives this object. A host whose record cannot be read, or whose
  // authorities cannot, is closed: it lets no one in.
  static absl::StatusOr<std::unique_ptr<ClientAuthentications>> open(store::Store& store);
  ClientAuthentications(const ClientAuthentications&) = delete;
  ClientAuthentications& operator=(const ClientAuthentications&) = delete;

  // Once, before the first change.
  void follow(Apply apply) { apply_ = std::move(apply); }

  std::vector<tls::HostVerification> verifications() const;

  struct View {
    ClientAuthentication asked;
    std::vector<std::string> authorities;
    std::string problem;  // why the host is closed; empty if it is not
  };
  // Ordered by host.
  std::vector<View> list() const;
  // NotFound.
  absl::StatusOr<View> find(std::string_view host) const;

  // Instead of what the host has asked before. InvalidArgument names the field; ResourceExhausted
  // if there are too many hosts.
  absl::StatusOr<View> put(ClientAuthentication asked);
  // From now on the host asks for nothing. NotFound.
  absl::Status remove(std::string_view host);

 private:
  struct Held {
    View view;
    tls::ClientVerification verification;
  };
  explicit ClientAuthentications(store::Store& store) : store_(store) {}
  static Held held_of(ClientAuthentication asked);
  absl::Status read();
  absl::Status apply() const;

  store::Store& store_;
  Apply apply_;
  base::Mutex change_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);  // one change at a time
  mutable base::Mutex mutex_;
  std::map<std::string, Held, std::less<>> by_host_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::certificates
