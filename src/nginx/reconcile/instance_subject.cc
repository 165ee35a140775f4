#include "nginx/reconcile/instance_subject.h"

#include "events/subject_kinds.h"

namespace mex::nginx {

events::Subject subject_of(const Instance& instance) {
  const bool is_usual = instance.kind == Kind::Ports;
  return {.kind = events::kNginxProxy,
          .name = is_usual ? instance.name : full_name(instance.kind, instance.name)};
}

}  // namespace mex::nginx
