#pragma once

#include <cstddef>

#include "absl/status/statusor.h"
#include "base/secret.h"
#include "base/user_data_limit.h"
#include "kubernetes/node_boot.h"
#include "kubernetes/pki.h"

namespace mex::kubernetes {

struct UserData {
  base::Secret bytes;            // gzip'd MIME; holds the bootstrap token, of masters also CA keys
  std::size_t base64_bytes = 0;  // what Nova counts
};

// What cloud-init on one node is given: the operator's own user-data first, ours after it, merged
// so that neither loses anything. The same input gives the same bytes.
//   InvalidArgument    with the field's name: text that cannot go into a node's files, or user-data
//                      of the operator that cloud-init would not understand
//   ResourceExhausted  more than Nova takes; the message says how much each part takes
absl::StatusOr<UserData> render_user_data(const NodeBoot& boot, const ClusterPki& pki);

}  // namespace mex::kubernetes
