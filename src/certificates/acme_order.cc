#include "certificates/acme_order.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "base/status.h"
#include "certificates/acme_account.h"
#include "certificates/certificate_view.h"
#include "certificates/pair_files.h"
#include "events/subject_kinds.h"

namespace mex::certificates {
namespace {

namespace fs = std::filesystem;

LegoFailure failure_of(const absl::Status& status) {
  LegoFailure failure;
  failure.reason = base::message_of(status);
  failure.is_rate_limited = status.code() == absl::StatusCode::kResourceExhausted;
  return failure;
}

}  // namespace

bool is_for(const tls::Certificate& certificate, const std::vector<std::string>& names) {
  const std::vector<std::string>& held = certificate.names();
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return std::find(held.begin(), held.end(), name) != held.end() || certificate.covers(name);
  });
}

absl::StatusOr<OrderedPair> read_ordered_pair(const AcmeOptions& options, base::WallTime now) {
  const std::string file = ordered_certificate_file(options);
  MEX_ASSIGN_OR_RETURN(std::string certificate_pem, base::read_file(file));
  MEX_ASSIGN_OR_RETURN(std::string key, base::read_file(ordered_key_file(options)));
  base::Secret key_pem(std::move(key));
  MEX_ASSIGN_OR_RETURN(tls::Certificate certificate,
                       tls::Certificate::parse(certificate_pem, key_pem));
  MEX_RETURN_IF_ERROR(base::annotate(check_times(certificate, now), file));
  if (!is_for(certificate, options.names)) {
    return base::error(absl::StatusCode::kFailedPrecondition, "{}: is not for all the names", file);
  }
  return OrderedPair{std::move(certificate), std::move(certificate_pem), std::move(key_pem)};
}

bool is_of_another_authority(const tls::Certificate& certificate, const AcmeOptions& options,
                             base::WallTime now) {
  const auto ordered = read_ordered_pair(options, now);
  if (!ordered.ok() || !(ordered->certificate == certificate)) return false;
  const fs::path file = fs::path(ordered_certificate_file(options)).replace_extension(".json");
  const auto text = base::read_file(file);
  if (!text.ok()) return false;
  const auto description = nlohmann::json::parse(*text, nullptr, /*allow_exceptions=*/false);
  const auto url = description.find("certUrl");
  if (url == description.end() || !url->is_string()) return false;
  return authority_directory_name(url->get<std::string>()) !=
         authority_directory_name(options.server);
}

absl::Status install(const OrderedPair& pair, const AcmeOptions& options) {
  MEX_RETURN_IF_ERROR(
      base::write_file_atomically(options.directory + "/key.pem", pair.key_pem.reveal(), 0600));
  return base::write_file_atomically(options.directory + "/cert.pem", pair.certificate_pem, 0644);
}

// An account without its key is of no use, but lego would go on with it and a new key.
absl::Status AcmeOrder::prepare_account() const {
  MEX_RETURN_IF_ERROR(base::make_directories(options_.directory, 0755));
  MEX_RETURN_IF_ERROR(base::make_directories(lego_directory(options_), 0700));
  std::error_code problem;
  const fs::path account = account_directory(options_);
  const bool has_key = fs::exists(account / "keys" / (options_.email + ".key"), problem);
  if (has_key || !has_account(options_)) return absl::OkStatus();
  log::warning("the key of the ACME account is lost; another account is registered",
               {{"account", account.string()}});
  events_.warning({.kind = events::kCertificate, .name = kDefaultName}, "AccountKeyLost",
                  "another account is registered with the authority");
  fs::remove(account / "account.json", problem);
  return absl::OkStatus();
}

absl::Status AcmeOrder::check_lego(const base::ChildCommand& order, const std::stop_token& stop) {
  constexpr std::chrono::seconds kHelpDeadline{30};
  base::ChildCommand question = order;
  question.arguments = {options_.lego, "--help"};
  const auto help =
      base::run_child(question, {std::chrono::steady_clock::now() + kHelpDeadline, stop});
  if (help.status().code() == absl::StatusCode::kNotFound) {
    return base::error(absl::StatusCode::kNotFound,
                       "{}; install the package lego, or name the program with -lego",
                       base::message_of(help.status()));
  }
  MEX_RETURN_IF_ERROR(help.status());
  return check_lego_knows(help->output, order);
}

absl::Status AcmeOrder::bind_account(const std::stop_token& stop) const {
  if (options_.external_account.empty() || has_account(options_)) return absl::OkStatus();
  constexpr std::chrono::minutes kMaxTime{2};
  const auto time = std::min<std::chrono::milliseconds>(deadline_, kMaxTime);
  return base::annotate(
      register_bound_account(options_, {std::chrono::steady_clock::now() + time, stop}),
      "the account could not be bound to the external one");
}

AcmeOrder::Outcome AcmeOrder::run_lego(const ChallengeOptions& challenge,
                                       const std::stop_token& stop) {
  const base::ChildCommand order = workplace_.order(challenge, environment_);
  if (absl::Status known = check_lego(order, stop); !known.ok()) return failure_of(known);
  if (absl::Status bound = bind_account(stop); !bound.ok()) return failure_of(bound);
  if (absl::Status filled = workplace_.fill(); !filled.ok()) return failure_of(filled);
  const auto before = read_ordered_pair(options_, clock_.wall_now());
  const auto done = base::run_child(order, {std::chrono::steady_clock::now() + deadline_, stop});
  // Also of an order that failed: the account may have been made.
  if (absl::Status kept = workplace_.collect(); !kept.ok()) return failure_of(kept);
  if (!done.ok()) return failure_of(done.status());
  log::debug("lego ended", {{"exit_code", done->exit_code}, {"output", done->output}});
  if (!done->has_succeeded()) {
    LegoFailure failure = read_lego_failure(done->output);
    std::error_code problem;
    // With the next attempt comes the next account.
    if (failure.is_account_unknown) fs::remove_all(account_directory(options_), problem);
    return failure;
  }
  auto pair = read_ordered_pair(options_, clock_.wall_now());
  if (!pair.ok()) return failure_of(pair.status());
  if (before.ok() && before->certificate == pair->certificate) {
    return failure_of(absl::InternalError("lego ended well and left no new certificate"));
  }
  return *std::move(pair);
}

AcmeOrder::Outcome AcmeOrder::run(const std::stop_token& stop) {
  if (absl::Status prepared = prepare_account(); !prepared.ok()) return failure_of(prepared);
  if (absl::Status cleared = workplace_.clear(); !cleared.ok()) return failure_of(cleared);
  const auto challenge = solver_.open(options_.names);
  Outcome outcome = challenge.ok() ? run_lego(*challenge, stop) : failure_of(challenge.status());
  solver_.close();
  workplace_.remove();
  if (stop.stop_requested() && std::holds_alternative<LegoFailure>(outcome)) return Stopped{};
  return outcome;
}

}  // namespace mex::certificates
