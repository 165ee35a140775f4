#pragma once

#include "events/event.h"
#include "nginx/model/instance.h"

namespace mex::nginx {

// The subject of an instance's events: its name. A proxy of a Kubernetes API may have the same name
// as another instance, so its subject is the full name.
events::Subject subject_of(const Instance& instance);

}  // namespace mex::nginx
