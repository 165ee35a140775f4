#include "openstack/microversion.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "base/log.h"
#include "openstack/api_call.h"
#include "openstack/error.h"
#include "openstack/json_reader.h"
#include "openstack/session.h"

namespace mex::openstack {
namespace {

std::optional<int> number_in(std::string_view text) {
  int number = 0;
  const char* const text_end = text.data() + text.size();
  const auto [end, fault] = std::from_chars(text.data(), text_end, number);
  if (fault != std::errc() || end != text_end || number < 0) return std::nullopt;
  return number;
}

// What an operator misses in an older cloud.
void log_what_is_lost(const Microversion& highest) {
  if (highest >= kKnowsDownCells) return;
  std::string lost = "servers of a cell that is down cannot be read, and count as not known";
  if (highest < kTakesTagsWithTheServer) {
    lost += "; servers have no tags: all of the project are listed";
  }
  if (highest < kHasDescriptions) lost += "; a server's owner is in its metadata alone";
  log::info("Nova is older than this agent's API",
            {{"has", to_string(highest)}, {"wanted", to_string(kKnowsDownCells)}, {"lost", lost}});
}

}  // namespace

std::string to_string(const Microversion& version) {
  return fmt::format("{}.{}", version.major, version.minor);
}

std::optional<Microversion> parse_microversion(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const auto major = number_in(text.substr(0, dot));
  const auto minor = number_in(text.substr(dot + 1));
  if (!major || !minor) return std::nullopt;
  return Microversion{*major, *minor};
}

std::optional<Microversion> ComputeVersion::highest(Session& session, const CallContext& context) {
  {
    const base::MutexLock lock(mutex_);
    if (is_asked_) return highest_;
  }
  ApiCall call;
  call.what = "ask for the version of Nova";
  call.path = "/";
  call.compute_version.clear();    // one that the cloud does not have would be refused
  CallContext untraced = context;  // the request id of the call that needs the version is shown
  untraced.trace = nullptr;
  const auto answer = session.call(call, untraced);
  if (!answer.ok() && (is_transient(answer.status()) || absl::IsUnauthenticated(answer.status()) ||
                       absl::IsCancelled(answer.status()))) {
    return std::nullopt;
  }
  std::optional<Microversion> said;
  if (answer.ok()) {
    JsonReader reader(answer->body, "version document");
    JsonReader version(reader.object("version"), "version");
    const std::string text = version.text("version");
    // "" is what a Nova without microversions says.
    said = text.empty() && answer->body.contains("version") ? Microversion{}
                                                            : parse_microversion(text);
  }
  const base::MutexLock lock(mutex_);
  if (!std::exchange(is_asked_, true)) {
    highest_ = said;
    if (said) log_what_is_lost(*said);
  }
  return highest_;
}

}  // namespace mex::openstack
