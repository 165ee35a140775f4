#include "api/v1/dns_resources.h"

#include <string>

#include "api/v1/timestamp.h"
#include "base/status.h"

namespace mex::api {
namespace {

namespace v1 = ::mexosagent::v1;

using dns::DnsReconciler;
using dns::RecordState;
using dns::RecordView;

v1::DnsRecord::State state_of(RecordState state) {
  switch (state) {
    case RecordState::Active:
      return v1::DnsRecord::IN_FORCE;
    case RecordState::Pending:
      return v1::DnsRecord::PENDING;
    case RecordState::Unmanaged:
      return v1::DnsRecord::FOREIGN;
  }
  return v1::DnsRecord::STATE_UNSPECIFIED;
}

v1::DnsRecord record_of(const RecordView& view) {
  v1::DnsRecord record;
  record.set_name(view.record.name);
  record.set_type(std::string(dns::to_string(view.record.type)));
  record.set_content(view.record.content);
  record.set_ttl_seconds(view.record.ttl.count());
  record.set_proxied(view.record.is_proxied);
  record.set_state(state_of(view.state));
  record.mutable_agents()->Add(view.agents.begin(), view.agents.end());
  record.set_problem(view.problem);
  return record;
}

absl::Status check_registers(const DnsReconciler* reconciler) {
  if (reconciler != nullptr) return absl::OkStatus();
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "this agent registers no names (-dns, -fqdn and -dns_names turn it on)");
}

}  // namespace

v1::ListDnsRecordsResponse to_proto(const dns::DnsView& view) {
  v1::ListDnsRecordsResponse reply;
  reply.set_provider(view.provider);
  reply.set_agent(view.agent);
  reply.set_withdrawn(view.is_withdrawn);
  for (const RecordView& each : view.records) *reply.add_records() = record_of(each);
  reply.set_problem(view.problem);
  if (view.checked_at) *reply.mutable_checked_at() = timestamp(*view.checked_at);
  return reply;
}

v1::ListDnsRecordsResponse list_dns_records(const access::Principal&,
                                            const DnsReconciler* reconciler,
                                            const v1::ListDnsRecordsRequest&) {
  return reconciler == nullptr ? v1::ListDnsRecordsResponse() : to_proto(reconciler->view());
}

absl::StatusOr<v1::ListDnsRecordsResponse> withdraw_dns_records(
    const access::Principal&, DnsReconciler* reconciler, const v1::WithdrawDnsRecordsRequest&) {
  MEX_RETURN_IF_ERROR(check_registers(reconciler));
  MEX_RETURN_IF_ERROR(reconciler->withdraw());
  return to_proto(reconciler->view());
}

absl::StatusOr<v1::ListDnsRecordsResponse> register_dns_records(
    const access::Principal&, DnsReconciler* reconciler, const v1::RegisterDnsRecordsRequest&) {
  MEX_RETURN_IF_ERROR(check_registers(reconciler));
  MEX_RETURN_IF_ERROR(reconciler->register_again());
  return to_proto(reconciler->view());
}

}  // namespace mex::api
