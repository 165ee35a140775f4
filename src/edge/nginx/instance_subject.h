#pragma once

#include "edge/nginx/instance.h"
#include "events/event.h"

namespace mex::edge::nginx {

// As what events speak of an instance: by its name; of the original's two kinds, the one for
// Kubernetes APIs by its full name, which no other can have.
events::Subject subject_of(const Instance& instance);

}  // namespace mex::edge::nginx
