#pragma once

#include <google/protobuf/timestamp.pb.h>

#include "base/clock.h"

namespace mex::api {

google::protobuf::Timestamp timestamp(base::WallTime time);

}  // namespace mex::api
