#include "openstack/cloud_monitor.h"

#include <utility>

#include "base/backoff.h"
#include "base/log.h"
#include "base/status.h"
#include "openstack/api_call.h"
#include "openstack/catalog.h"
#include "openstack/error.h"
#include "openstack/json_reader.h"

namespace mex::openstack {
namespace {

CloudState state_of(const absl::Status& problem) {
  if (problem.ok()) return CloudState::Available;
  if (absl::IsUnauthenticated(problem) || absl::IsPermissionDenied(problem)) {
    return CloudState::Refused;
  }
  return is_transient(problem) ? CloudState::Unavailable : CloudState::Misconfigured;
}

// Some clouds tell their quotas to administrators alone: the service is there all the same.
bool tells_no_quotas(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsPermissionDenied(status) ||
         absl::IsUnimplemented(status);
}

TokenOwner owner_of(const PasswordLogin& login) {
  return {.user_id = login.user_id,
          .user_name = login.user_name,
          .user_domain = login.user_id.empty() ? login.user_domain.name : "",
          .project_id = login.project_id,
          .project_name = login.project_name,
          .project_domain = login.project_id.empty() ? login.project_domain.name : ""};
}

TokenOwner owner_of(const ApplicationCredential& credential) {
  TokenOwner owner;
  owner.user_id = credential.user_id;
  owner.user_name = credential.user_name;
  return owner;
}

CloudView view_of(const CloudConfig& config) {
  CloudView view;
  view.source = config.source;
  view.files = config.files;
  view.settings = config.settings;
  view.warnings = config.warnings;
  view.auth_url = config.auth_url;
  const bool by_password = std::holds_alternative<PasswordLogin>(config.login);
  view.auth_method = by_password ? "password" : "application credential";
  view.owner = std::visit([](const auto& login) { return owner_of(login); }, config.login);
  view.region = config.region;
  view.interface = to_string(config.interface);
  view.insecure = config.insecure;
  return view;
}

}  // namespace

std::string_view to_string(CloudState state) {
  switch (state) {
    case CloudState::NotConfigured:
      return "not configured";
    case CloudState::Available:
      return "available";
    case CloudState::Unavailable:
      return "it does not answer";
    case CloudState::Refused:
      return "the login is refused";
    case CloudState::Misconfigured:
      return "it is not what the settings say";
    case CloudState::Unknown:
      break;
  }
  return "not looked at yet";
}

std::chrono::milliseconds pause_after_look(const CloudMonitor::Timing& timing, CloudState state,
                                           int looks) {
  switch (state) {
    case CloudState::Unavailable:
      return base::pause_after(looks, {.first = timing.soon, .max = timing.interval});
    case CloudState::Refused:
    case CloudState::Misconfigured:
      return base::pause_after(looks, {.first = timing.interval, .max = timing.refused});
    default:
      return timing.interval;
  }
}

// One look: fills in what it finds, and stops asking where going on makes no sense.
class CloudMonitor::Look {
 public:
  Look(CloudMonitor& monitor, const std::stop_token& stop, CloudView& view)
      : monitor_(monitor),
        session_(*monitor.session_),
        context_{{base::system_clock().steady_now() + monitor.timing_.look, stop}},
        view_(view) {}

  absl::Status run() {
    view_.services = {look_at_keystone()};
    absl::Status problem = view_.services.back().status;
    MEX_ASSIGN_OR_RETURN(view_.owner, session_.owner(context_));
    for (const Service service : {Service::Compute, Service::Network, Service::Image}) {
      view_.services.push_back(look_at(service));
      if (problem.ok()) problem = view_.services.back().status;
    }
    // Clusters of Nova flavors with a disk need no volumes: a cloud without them is as well.
    MEX_ASSIGN_OR_RETURN(const bool has_volumes, monitor_.cinder_->is_there(context_));
    if (has_volumes) view_.services.push_back(look_at(Service::Volume));
    return problem;
  }

 private:
  // A token outlives Keystone for a while; without it nothing goes on after that.
  ServiceView look_at_keystone() {
    ServiceView seen;
    seen.type = "identity";
    seen.url = session_.config().auth_url;
    const auto answer = session_.keystone_version(context_);
    if (answer.ok()) seen.version = *answer;
    seen.status = answer.status();
    return seen;
  }

  ServiceView look_at(Service service) {
    ServiceView seen;
    seen.type = to_string(service);
    seen.is_overridden = session_.config().endpoint_overrides.contains(seen.type);
    const auto url = session_.endpoint(service, context_);
    if (!url.ok()) {
      seen.status = url.status();
      return seen;
    }
    seen.url = *url;
    seen.status = ask(service, seen);
    return seen;
  }

  absl::Status ask(Service service, ServiceView& seen) {
    switch (service) {
      case Service::Compute:
        seen.version = read_compute_version();
        return read_compute_quotas();
      case Service::Network:
        return read_network_quotas();
      case Service::Volume:
        return read_volume_quotas();
      case Service::Image:
        break;
    }
    return call(Service::Image, "ask for an image", "/images?limit=1").status();
  }

  absl::StatusOr<ApiAnswer> call(Service service, const char* what, const char* path) {
    ApiCall call;
    call.service = service;
    call.what = what;
    call.path = path;
    call.compute_version.clear();  // it is only asked what it has
    return session_.call(call, context_);
  }

  // "" where the service does not say so.
  std::string read_compute_version() {
    const auto answer = call(Service::Compute, "ask for the version of Nova", "/");
    if (!answer.ok()) return {};
    JsonReader reader(answer->body, "version document");
    JsonReader version(reader.object("version"), "version");
    return version.text("version");
  }

  absl::Status read_compute_quotas() {
    view_.quota_problem = absl::OkStatus();
    const auto quotas = monitor_.nova_->quotas(context_);
    if (!quotas.ok()) return keep_problem(quotas.status());
    view_.quotas = {quota("instances", quotas->instances), quota("cores", quotas->cores),
                    quota("ram_mib", quotas->ram_mib),
                    quota("server_groups", quotas->server_groups)};
    view_.quotas_at = base::system_clock().wall_now();
    return absl::OkStatus();
  }

  absl::Status read_network_quotas() {
    const auto quotas = monitor_.neutron_->quotas(context_);
    if (!quotas.ok()) return keep_problem(quotas.status());
    for (const auto& each : {quota("networks", quotas->networks), quota("subnets", quotas->subnets),
                             quota("routers", quotas->routers), quota("ports", quotas->ports),
                             quota("security_groups", quotas->security_groups),
                             quota("security_group_rules", quotas->security_group_rules)}) {
      view_.quotas.push_back(each);
    }
    view_.quotas_at = base::system_clock().wall_now();
    return absl::OkStatus();
  }

  absl::Status read_volume_quotas() {
    const auto quotas = monitor_.cinder_->quotas(context_);
    if (!quotas.ok()) return keep_problem(quotas.status());
    view_.quotas.push_back(quota("volumes", quotas->volumes));
    view_.quotas.push_back(quota("gigabytes", quotas->gigabytes));
    view_.quotas_at = base::system_clock().wall_now();
    return absl::OkStatus();
  }

  absl::Status keep_problem(const absl::Status& status) {
    if (view_.quota_problem.ok()) view_.quota_problem = status;
    return tells_no_quotas(status) ? absl::OkStatus() : status;
  }

  static QuotaView quota(const char* name, const Quota& quota) {
    return {.name = name, .limit = quota.limit, .used = quota.used};
  }

  CloudMonitor& monitor_;
  Session& session_;
  const CallContext context_;
  CloudView& view_;
};

CloudMonitor::CloudMonitor(Session& session, Nova& nova, Neutron& neutron, Cinder& cinder,
                           Timing timing)
    : session_(&session),
      nova_(&nova),
      neutron_(&neutron),
      cinder_(&cinder),
      timing_(timing),
      view_(view_of(session.config())),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

CloudMonitor::CloudMonitor(absl::Status problem) : session_(nullptr) {
  const base::MutexLock lock(mutex_);
  view_.state = CloudState::NotConfigured;
  view_.problem = std::move(problem);
}

CloudMonitor::~CloudMonitor() = default;

void CloudMonitor::run(const std::stop_token& stop) {
  int looks = 0;
  CloudState last = CloudState::Unknown;
  for (bool goes_on = true; goes_on;) {
    CloudView seen = view();
    seen.problem = Look(*this, stop, seen).run();
    if (stop.stop_requested()) return;
    seen.state = state_of(seen.problem);
    seen.observed_at = base::system_clock().wall_now();
    looks = seen.state == last ? looks + 1 : 1;
    last = seen.state;
    publish(std::move(seen));
    const CallHistory::View calls = session_->calls().view();
    const auto now = base::system_clock().steady_now();
    const auto next = now + pause_after_look(timing_, last, looks);
    goes_on = base::sleep_for(timing_.soon, stop) &&
              session_->calls().wait(calls, last != CloudState::Available, next, stop);
  }
}

void CloudMonitor::publish(CloudView seen) {
  const base::MutexLock lock(mutex_);
  const CloudState before = std::exchange(view_, std::move(seen)).state;
  if (view_.state == before) return;
  if (view_.state == CloudState::Available) {
    log::info("OpenStack is available", {{"auth_url", view_.auth_url},
                                         {"project", view_.owner.project_name},
                                         {"region", view_.region}});
  } else {
    log::warning("OpenStack cannot be used",
                 {{"state", to_string(view_.state)},
                  {"reason", base::message_of(view_.problem)},
                  {"request_id", base::detail_of(view_.problem).request_id},
                  {"source", view_.source}});
  }
}

CloudView CloudMonitor::view() const {
  CloudView view;
  {
    const base::MutexLock lock(mutex_);
    view = view_;
  }
  if (session_ != nullptr) view.calls = session_->calls().view();
  return view;
}

}  // namespace mex::openstack
