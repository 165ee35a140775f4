#pragma once

#include "events/event.h"
#include "nginx/model/instance.h"

namespace mex::nginx {

// As what events speak of an instance: by its name; of the original's two kinds, the one for
// Kubernetes APIs by its full name, which no other can have.
events::Subject subject_of(const Instance& instance);

}  // namespace mex::nginx
