#pragma once

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "dns/dns_reconciler.h"
#include "mexosagent/v1/dns_records.pb.h"

// The resource dns-records of package mexosagent.v1, without gRPC. Thread-safe. `reconciler` is
// null if the agent registers no names.
namespace mex::api {

::mexosagent::v1::ListDnsRecordsResponse to_proto(const dns::DnsView& view);

::mexosagent::v1::ListDnsRecordsResponse list_dns_records(
    const access::Principal& caller, const dns::DnsReconciler* reconciler,
    const ::mexosagent::v1::ListDnsRecordsRequest& request);
// FailedPrecondition if no names are registered; Unavailable if it cannot be stored.
absl::StatusOr<::mexosagent::v1::ListDnsRecordsResponse> withdraw_dns_records(
    const access::Principal& caller, dns::DnsReconciler* reconciler,
    const ::mexosagent::v1::WithdrawDnsRecordsRequest& request);
absl::StatusOr<::mexosagent::v1::ListDnsRecordsResponse> register_dns_records(
    const access::Principal& caller, dns::DnsReconciler* reconciler,
    const ::mexosagent::v1::RegisterDnsRecordsRequest& request);

}  // namespace mex::api
