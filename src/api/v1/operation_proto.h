#pragma once

#include "cluster/records/views.h"
#include "mexosagent/v1/operations.pb.h"

namespace mex::api {

// The operation with its steps and its audit. Any thread.
::mexosagent::v1::Operation to_proto(const cluster::OperationView& view);

}  // namespace mex::api
