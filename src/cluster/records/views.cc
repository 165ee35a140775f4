#include "cluster/records/views.h"

#include <utility>

namespace mex::cluster {

Reason because(std::string_view code, std::string message) {
  Reason reason;
  reason.message = std::move(message);
  reason.code = code;
  return reason;
}

}  // namespace mex::cluster
