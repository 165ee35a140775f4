#pragma once

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "events/event_log.h"
#include "mexosagent/v1/events.pb.h"

// The resource events of package mexosagent.v1, without gRPC. Thread-safe.
namespace mex::api {

::mexosagent::v1::Event to_proto(const events::Event& event);

// InvalidArgument names the field.
absl::StatusOr<::mexosagent::v1::ListEventsResponse> list_events(
    const access::Principal& caller, const events::EventLog& log,
    const ::mexosagent::v1::ListEventsRequest& request);

}  // namespace mex::api
