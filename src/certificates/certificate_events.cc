#include "certificates/certificate_events.h"

#include <fmt/format.h>

#include <utility>

#include "base/log.h"
#include "events/subject_kinds.h"

namespace mex::certificates {
namespace {

events::Subject certificate_subject(const std::string& name) {
  return {.kind = events::kCertificate, .name = name};
}

}  // namespace

void CertificateEvents::emit(const std::vector<CertificateView>& views) {
  std::map<std::string, std::string> served;
  for (const CertificateView& view : views) {
    const auto previous = served_.find(view.name);
    const std::string before = previous == served_.end() ? "" : previous->second;
    if (!is_first_ && before != view.fingerprint) emit_served(view, before);
    served[view.name] = view.fingerprint;
    emit_problem(view);
    emit_notices(view);
  }
  for (const auto& [name, fingerprint] : served_) {
    if (!served.contains(name)) emit_removed(name);
  }
  const auto is_removed = [&](const auto& each) { return !served.contains(each.first); };
  std::erase_if(problems_, is_removed);
  std::erase_if(notices_, is_removed);
  served_ = std::move(served);
  is_first_ = false;
}

void CertificateEvents::emit_problem(const CertificateView& view) {
  const auto emitted = problems_.find(view.name);
  const bool was_emitted = emitted != problems_.end();
  if (view.problem.empty()) {
    if (!was_emitted) return;
    problems_.erase(emitted);
    log::info("certificate in order", {{"certificate", view.name}});
    return events_.normal(certificate_subject(view.name), "InOrder",
                          "the certificate is in order again");
  }
  if (was_emitted && emitted->second == view.problem) return;
  problems_[view.name] = view.problem;
  const bool is_makeshift = view.source == Source::SelfSigned;
  log::warning(is_makeshift ? "the proxy's certificate is self-signed; acme/README.md tells how "
                              "to get one that clients trust"
                            : "a certificate needs attention; the one that is there serves on",
               {{"certificate", view.name}, {"reason", view.problem}});
  if (view.trouble == Trouble::EndsSoon) {
    events_.warning(certificate_subject(view.name), "EndsSoon", view.problem);
  } else if (is_makeshift) {
    events_.warning(certificate_subject(view.name), "SelfSigned",
                    fmt::format("clients are answered with a self-signed one: {}", view.problem));
  } else {
    events_.warning(certificate_subject(view.name), "PairRefused",
                    fmt::format("the one that is there serves on: {}", view.problem));
  }
}

void CertificateEvents::emit_notices(const CertificateView& view) {
  const std::string text = fmt::format("{}", fmt::join(view.notices, "; "));
  if (std::exchange(notices_[view.name], text) == text || text.empty()) return;
  log::warning("a certificate is served that clients may refuse",
               {{"certificate", view.name}, {"reason", text}});
}

void CertificateEvents::emit_served(const CertificateView& view, const std::string& before) const {
  events_.normal(
      certificate_subject(view.name), before.empty() ? "Added" : "Replaced",
      fmt::format("served from now on: serial {} for {}, issued by {}, until {}", view.serial,
                  fmt::join(view.names, ", "), view.issuer, base::format_rfc3339(view.not_after)));
}

void CertificateEvents::emit_removed(const std::string& name) const {
  events_.normal(certificate_subject(name), "Removed", "its directory is gone");
}

}  // namespace mex::certificates
