#include "certificates/certificates.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/json_text.h"
#include "base/log.h"
#include "base/status.h"
#include "events/subject_kinds.h"
#include "tls/self_signed.h"

namespace mex::certificates {
namespace {

namespace fs = std::filesystem;

// For what comes with time, a certificate's end, and for file systems that report no change.
constexpr std::chrono::minutes kLookInterval{1};
// A certificate ends soon when this part of its life is left.
constexpr int kSoonPart = 5;
constexpr std::chrono::hours kSelfSignedLife{24 * 365};
constexpr std::size_t kMaxPairs = 1000;

constexpr const char* kCertificateFile = "cert.pem";
constexpr const char* kKeyFile = "key.pem";
constexpr const char* kSelfSignedName = "self-signed by mexosagent, not trusted";

PairFiles pair_in(const fs::path& directory) {
  return {directory / kCertificateFile, directory / kKeyFile};
}

std::vector<fs::path> directories_in(const std::string& directory) {
  std::vector<fs::path> found;
  std::error_code problem;
  for (fs::directory_iterator each(directory, problem), end; each != end && !problem;
       each.increment(problem)) {
    const std::string name = each->path().filename();
    const bool is_ours = !name.starts_with('.') && name != kDefaultName;
    if (is_ours && each->is_directory(problem)) found.push_back(each->path());
    problem.clear();
  }
  std::sort(found.begin(), found.end());
  if (found.size() > kMaxPairs) found.resize(kMaxPairs);
  return found;
}

bool ends_soon(const tls::Certificate& certificate, base::WallTime now) {
  const auto life = certificate.not_after() - certificate.not_before();
  return certificate.not_after() - now < life / kSoonPart;
}

absl::StatusOr<tls::Certificate> self_signed(std::vector<std::string> names, base::WallTime now) {
  if (names.empty()) names.emplace_back("localhost");
  return tls::make_self_signed(
      {kSelfSignedName, std::move(names), now - std::chrono::hours(1), now + kSelfSignedLife});
}

CertificateView view_of(const tls::Certificate& certificate, Source source) {
  CertificateView view;
  view.source = source;
  view.names = certificate.names();
  view.subject = certificate.subject();
  view.issuer = certificate.issuer();
  view.serial = certificate.serial();
  view.fingerprint = certificate.fingerprint();
  view.not_before = certificate.not_before();
  view.not_after = certificate.not_after();
  return view;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Certificates>> Certificates::open(Context context) {
  MEX_ASSIGN_OR_RETURN(auto watch, PathWatch::open());
  std::unique_ptr<Certificates> made(new Certificates(std::move(context), std::move(watch)));
  const base::WallTime now = made->context_.clock->wall_now();
  {
    const base::MutexLock lock(made->mutex_);
    MEX_ASSIGN_OR_RETURN(made->self_signed_, self_signed(made->context_.own_names, now));
  }
  if (made->watch_->is_blind()) {
    log::warning(
        "changes of certificates are seen within a minute, not at once: "
        "fs.inotify.max_user_instances is used up");
  }
  // Before the first look, so that no change is missed.
  made->watch_->use(made->watched_paths());
  made->find_pairs();
  made->look(now);
  made->report();
  return made;
}

Certificates::Certificates(Context context, std::unique_ptr<PathWatch> watch)
    : context_(std::move(context)), watch_(std::move(watch)), certificate_events_(context_.events) {
  pairs_.emplace(kDefaultName, pair_in(context_.directory));
}

Certificates::~Certificates() {
  thread_.request_stop();
  watch_->wake();
}

void Certificates::follow(Apply apply) {
  apply_ = std::move(apply);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

// Finds the directories below that hold a certificate; the certificates of removed ones are
// dropped. True if there were any.
bool Certificates::find_pairs() {
  std::map<std::string, PairFiles> found;
  for (const fs::path& directory : directories_in(context_.directory)) {
    std::error_code problem;
    const fs::path certificate = directory / kCertificateFile;
    const bool is_there =
        fs::symlink_status(certificate, problem).type() != fs::file_type::not_found;
    if (is_there) found.emplace(directory.filename(), pair_in(directory));
  }
  const base::MutexLock lock(mutex_);
  const std::size_t gone = std::erase_if(pairs_, [&](const auto& each) {
    return each.first != kDefaultName && !found.contains(each.first);
  });
  pairs_.merge(found);
  return gone > 0;
}

bool Certificates::look(base::WallTime now) {
  const base::MutexLock lock(mutex_);
  bool has_changed = false;
  for (auto& [name, pair] : pairs_) has_changed = pair.look(now) || has_changed;
  return keep_self_signed_fresh(now) || has_changed;
}

bool Certificates::keep_self_signed_fresh(base::WallTime now) {
  if (!ends_soon(*self_signed_, now)) return false;
  auto next = self_signed(context_.own_names, now);
  if (!next.ok()) return false;
  self_signed_ = *std::move(next);
  return true;
}

bool Certificates::has_problem() const {
  const base::MutexLock lock(mutex_);
  return std::any_of(pairs_.begin(), pairs_.end(),
                     [](const auto& each) { return !each.second.problem().ok(); });
}

const tls::Certificate& Certificates::default_locked() const {
  const auto& own = pairs_.find(kDefaultName)->second.current();
  return own ? *own : *self_signed_;
}

// One that is valid now wins over one that is not, one of a directory below over the default one.
// Of two directories with different kinds of keys for one name both count.
tls::CertificateTable Certificates::table() const {
  const base::MutexLock lock(mutex_);
  tls::CertificateTable table{.fallback = default_locked()};
  const base::WallTime now = context_.clock->wall_now();
  const bool is_makeshift = !pairs_.find(kDefaultName)->second.current();
  for (const bool is_in_time : {false, true}) {
    const auto add = [&](const tls::Certificate& certificate, int rank) {
      if (check_times(certificate, now).ok() != is_in_time) return;
      table.by_name.push_back(certificate);
      table.ranks.push_back(rank + (is_in_time ? 2 : 0));
    };
    add(default_locked(), is_makeshift ? -2 : 0);
    for (const auto& [name, pair] : pairs_) {
      if (name != kDefaultName && pair.current()) add(*pair.current(), 1);
    }
  }
  return table;
}

tls::Certificate Certificates::default_certificate() const {
  const base::MutexLock lock(mutex_);
  return default_locked();
}

absl::Status Certificates::readiness() const {
  const base::MutexLock lock(mutex_);
  const PairFiles& pair = pairs_.find(kDefaultName)->second;
  if (!pair.current()) return base::annotate(pair.problem(), "the certificate is self-signed");
  return check_times(*pair.current(), context_.clock->wall_now());
}

// By -fqdn clients ask for it, and no one has a certificate for that name.
void Certificates::add_missing_names(std::vector<std::string>& notices) const {
  for (const std::string& own : context_.own_names) {
    const bool is_covered = std::any_of(pairs_.begin(), pairs_.end(), [&own](const auto& each) {
      return each.second.current() && each.second.current()->covers(own);
    });
    if (!is_covered) {
      notices.push_back(
          fmt::format("no certificate is for {}, by which this machine is called", own));
    }
  }
}

CertificateView Certificates::view_of(const std::string& name, const PairFiles& pair,
                                      base::WallTime now) const {
  const bool is_own = pair.current().has_value();
  const tls::Certificate& served = is_own ? *pair.current() : *self_signed_;
  CertificateView view = certificates::view_of(served, is_own ? Source::Files : Source::SelfSigned);
  view.name = name;
  view.certificate_file = pair.certificate_file();
  view.key_file = pair.key_file();
  if (!pair.problem().ok()) {
    view.problem = base::message_of(pair.problem());
    view.trouble = Trouble::Files;
  } else if (ends_soon(served, now)) {
    view.problem =
        fmt::format("the certificate ends soon, at {}", base::format_rfc3339(served.not_after()));
    view.trouble = Trouble::EndsSoon;
  }
  if (is_own) view.notices = served.defects();
  if (tls::must_staple(served) && tls::ocsp_responder(served).empty()) {
    view.notices.emplace_back(
        "it must come with an answer of OCSP (RFC 7633), and it or its chain says of no one who "
        "could be asked: clients that know this refuse it");
  }
  if (is_own && name == kDefaultName) add_missing_names(view.notices);
  return view;
}

std::vector<CertificateView> Certificates::list() const {
  const base::WallTime now = context_.clock->wall_now();
  std::vector<CertificateView> views;
  {
    const base::MutexLock lock(mutex_);
    views.push_back(view_of(kDefaultName, pairs_.find(kDefaultName)->second, now));
    for (const auto& [name, pair] : pairs_) {
      if (name != kDefaultName) views.push_back(view_of(name, pair, now));
    }
  }
  const base::MutexLock lock(issuer_mutex_);
  if (stapler_ != nullptr) {
    for (CertificateView& view : views) view.ocsp = stapler_->view(view.fingerprint);
  }
  if (issuer_ != nullptr) {
    views.front().renewal = issuer_->renewal();
    if (issuer_->has_ordered(views.front().fingerprint)) views.front().source = Source::Acme;
  }
  return views;
}

absl::Status Certificates::renew(const std::string& name) {
  const base::MutexLock lock(issuer_mutex_);
  if (issuer_ != nullptr && name == kDefaultName) return issuer_->order_now();
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "certificate {} is not ordered by the agent: it is what lies in its files "
                     "(-acme_email turns ordering on, for the default one)",
                     base::quoted(name));
}

void Certificates::set_issuer(CertificateIssuer* issuer) {
  const base::MutexLock lock(issuer_mutex_);
  issuer_ = issuer;
}

void Certificates::set_stapler(const OcspStapler* stapler) {
  const base::MutexLock lock(issuer_mutex_);
  stapler_ = stapler;
}

// Called once the files are complete, not in the middle of a change.
void Certificates::report() {
  if (!context_.is_reported) return;
  const std::vector<CertificateView> views = list();
  gauge_.show(views);
  certificate_events_.emit(views);
}

// The directory itself, too, since another one may appear in it.
std::vector<std::string> Certificates::watched_paths() const {
  const auto add_pair = [](std::vector<std::string>& paths, const fs::path& directory) {
    paths.push_back(directory / kCertificateFile);
    paths.push_back(directory / kKeyFile);
  };
  std::vector<std::string> paths;
  add_pair(paths, context_.directory);
  for (const fs::path& directory : directories_in(context_.directory)) add_pair(paths, directory);
  return paths;
}

void Certificates::reload() {
  watch_->use(watched_paths());
  const bool has_lost = find_pairs();
  if (!look(context_.clock->wall_now()) && !has_lost) return;
  if (const absl::Status applied = apply_(table()); !applied.ok()) {
    log::error("certificates were not put in force", {{"reason", applied}});
    context_.events.warning({.kind = events::kCertificate, .name = kDefaultName}, "NotInForce",
                            base::message_of(applied));
  } else {
    log::info("certificates put in force");
  }
}

void Certificates::run(const std::stop_token& stop) {
  using std::chrono::steady_clock;
  base::SteadyTime next_look = steady_clock::now();
  base::SteadyTime patient_until = next_look;
  for (;;) {
    const PathWatch::Event event = watch_->wait(next_look);
    if (stop.stop_requested()) return;
    const base::SteadyTime now = steady_clock::now();
    if (event == PathWatch::Event::Changed) {
      // Also if they never end.
      if (now >= patient_until) patient_until = now + context_.patience;
      next_look = std::min(now + context_.quiet, patient_until);
      continue;
    }
    reload();
    next_look = now + kLookInterval;
    if (has_problem() && now < patient_until) {
      next_look = patient_until;
    } else {
      report();
    }
  }
}

}  // namespace mex::certificates
