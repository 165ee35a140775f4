#include "api/v1/cloud_resources.h"

#include <string>

#include "api/v1/timestamp.h"
#include "base/status.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

using openstack::CloudState;
using openstack::CloudView;

v1::Cloud::State state_of(CloudState state) {
  switch (state) {
    case CloudState::Unknown:
      return v1::Cloud::UNKNOWN;
    case CloudState::NotConfigured:
      return v1::Cloud::NOT_CONFIGURED;
    case CloudState::Available:
      return v1::Cloud::AVAILABLE;
    case CloudState::Unavailable:
      return v1::Cloud::UNAVAILABLE;
    case CloudState::Refused:
      return v1::Cloud::REFUSED;
    case CloudState::Misconfigured:
      return v1::Cloud::MISCONFIGURED;
  }
  return v1::Cloud::STATE_UNSPECIFIED;
}

v1::Reason reason_of(const absl::Status& status) {
  const base::ErrorDetail detail = base::detail_of(status);
  v1::Reason reason;
  reason.set_message(std::string(base::message_of(status)));
  reason.set_code(detail.cloud_code.empty() ? absl::StatusCodeToString(status.code())
                                            : detail.cloud_code);
  reason.set_openstack_request_id(detail.request_id);
  return reason;
}

v1::CloudSettings settings_of(const CloudView& view) {
  v1::CloudSettings settings;
  settings.set_source(view.source);
  settings.mutable_files()->Assign(view.files.begin(), view.files.end());
  settings.mutable_names()->Assign(view.settings.begin(), view.settings.end());
  settings.mutable_warnings()->Assign(view.warnings.begin(), view.warnings.end());
  return settings;
}

v1::CloudLogin login_of(const CloudView& view) {
  v1::CloudLogin login;
  login.set_auth_url(view.auth_url);
  login.set_method(view.auth_method);
  login.set_user(view.owner.user_name);
  login.set_user_id(view.owner.user_id);
  login.set_user_domain(view.owner.user_domain);
  login.set_project(view.owner.project_name);
  login.set_project_id(view.owner.project_id);
  login.set_project_domain(view.owner.project_domain);
  return login;
}

v1::CloudService service_of(const openstack::ServiceView& view) {
  v1::CloudService service;
  service.set_type(view.type);
  service.set_url(view.url);
  service.set_version(view.version);
  service.set_overridden(view.is_overridden);
  if (!view.status.ok()) *service.mutable_reason() = reason_of(view.status);
  return service;
}

v1::CloudQuota quota_of(const openstack::QuotaView& view) {
  v1::CloudQuota quota;
  quota.set_name(view.name);
  quota.set_limit(view.limit);
  quota.set_used(view.used);
  return quota;
}

}  // namespace

v1::Cloud to_proto(const CloudView& view) {
  v1::Cloud cloud;
  cloud.set_state(state_of(view.state));
  if (!view.problem.ok()) *cloud.mutable_reason() = reason_of(view.problem);
  if (!view.source.empty()) *cloud.mutable_settings() = settings_of(view);
  if (!view.auth_url.empty()) *cloud.mutable_login() = login_of(view);
  cloud.set_region(view.region);
  for (const auto& service : view.services) *cloud.add_services() = service_of(service);
  for (const auto& quota : view.quotas) *cloud.add_quotas() = quota_of(quota);
  if (view.quotas_at) *cloud.mutable_quotas_observed_at() = timestamp(*view.quotas_at);
  if (!view.quota_problem.ok()) *cloud.mutable_quota_reason() = reason_of(view.quota_problem);
  if (view.observed_at) *cloud.mutable_observed_at() = timestamp(*view.observed_at);
  if (view.calls.last_answer) *cloud.mutable_last_answer_at() = timestamp(*view.calls.last_answer);
  if (const auto& error = view.calls.last_error) {
    *cloud.mutable_last_error()->mutable_at() = timestamp(error->at);
    *cloud.mutable_last_error()->mutable_reason() = reason_of(error->status);
  }
  return cloud;
}

v1::Cloud get_cloud(const access::Principal&, const openstack::CloudMonitor& cloud,
                    const v1::GetCloudRequest&) {
  return to_proto(cloud.view());
}

}  // namespace mex::api
