#include "certificates/client_authentications.h"

#include <utility>

#include "base/json_text.h"
#include "base/log.h"
#include "base/status.h"

namespace mex::certificates {
namespace {

absl::Status not_found(std::string_view host) {
  return base::error(absl::StatusCode::kNotFound, "{} asks its clients for no certificate",
                     base::quoted(host));
}

// As it would be given, for a name that may be written in other ways.
std::string normal_name(std::string_view host) {
  auto asked = normalized({.host = std::string(host), .ca = ""});
  return asked.ok() ? std::move(asked->host) : std::string(host);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ClientAuthentications>> ClientAuthentications::open(
    store::Store& store) {
  std::unique_ptr<ClientAuthentications> opened(new ClientAuthentications(store));
  MEX_RETURN_IF_ERROR(opened->read());
  return opened;
}

ClientAuthentications::Held ClientAuthentications::held_of(ClientAuthentication asked) {
  auto verification = verification_of(asked);
  if (!verification.ok()) {
    return {{.asked = std::move(asked),
             .authorities = {},
             .problem = std::string(base::message_of(verification.status()))},
            tls::ClientVerification::closed()};
  }
  return {{.asked = std::move(asked), .authorities = verification->authorities(), .problem = ""},
          *std::move(verification)};
}

absl::Status ClientAuthentications::read() {
  MEX_ASSIGN_OR_RETURN(const auto entries, store_.list(kClientAuthenticationPrefix));
  const base::MutexLock lock(mutex_);
  for (const store::Entry& entry : entries) {
    std::string host = entry.key.substr(kClientAuthenticationPrefix.size());
    auto asked = client_authentication_from_json(entry.value, entry.key);
    if (!asked.ok()) {
      store_.set_aside(entry.key, asked.status());
      asked = ClientAuthentication{.host = host, .ca = ""};
    }
    const Held& held = by_host_.emplace(std::move(host), held_of(*std::move(asked))).first->second;
    if (held.view.problem.empty()) continue;
    log::error("a host is closed to all clients",
               {{"host", held.view.asked.host}, {"reason", held.view.problem}});
  }
  return absl::OkStatus();
}

std::vector<tls::HostVerification> ClientAuthentications::verifications() const {
  const base::MutexLock lock(mutex_);
  std::vector<tls::HostVerification> all;
  all.reserve(by_host_.size());
  for (const auto& [host, held] : by_host_) all.push_back({host, held.verification});
  return all;
}

std::vector<ClientAuthentications::View> ClientAuthentications::list() const {
  const base::MutexLock lock(mutex_);
  std::vector<View> views;
  for (const auto& [host, held] : by_host_) views.push_back(held.view);
  return views;
}

absl::StatusOr<ClientAuthentications::View> ClientAuthentications::find(
    std::string_view host) const {
  const std::string name = normal_name(host);
  const base::MutexLock lock(mutex_);
  const auto found = by_host_.find(name);
  if (found == by_host_.end()) return not_found(host);
  return found->second.view;
}

absl::StatusOr<ClientAuthentications::View> ClientAuthentications::put(ClientAuthentication asked) {
  MEX_ASSIGN_OR_RETURN(asked, normalized(std::move(asked)));
  MEX_RETURN_IF_ERROR(verification_of(asked).status());
  const base::MutexLock change(change_mutex_);
  {
    const base::MutexLock lock(mutex_);
    if (by_host_.size() >= kMaxHosts && !by_host_.contains(asked.host)) {
      return base::error(absl::StatusCode::kResourceExhausted,
                         "{} hosts ask for client certificates; there may be no more", kMaxHosts);
    }
  }
  store::Transaction transaction;
  transaction.put(client_authentication_key(asked.host), to_json(asked));
  MEX_RETURN_IF_ERROR(base::annotate(store_.commit(transaction).status(), "it was not stored"));
  const std::string host = asked.host;
  {
    const base::MutexLock lock(mutex_);
    by_host_.insert_or_assign(host, held_of(std::move(asked)));
  }
  MEX_RETURN_IF_ERROR(apply());
  return find(host);
}

absl::Status ClientAuthentications::remove(std::string_view host) {
  const std::string name = normal_name(host);
  const base::MutexLock change(change_mutex_);
  MEX_RETURN_IF_ERROR(find(name).status());
  store::Transaction transaction;
  transaction.erase(client_authentication_key(name));
  MEX_RETURN_IF_ERROR(base::annotate(store_.commit(transaction).status(), "it was not removed"));
  {
    const base::MutexLock lock(mutex_);
    by_host_.erase(name);
  }
  return apply();
}

absl::Status ClientAuthentications::apply() const {
  return apply_ ? base::annotate(apply_(), "it is stored, but not active yet") : absl::OkStatus();
}

}  // namespace mex::certificates
