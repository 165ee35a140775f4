// Any bytes as answers of an API server: a node or an error, an error with one line of message, a
// page of nodes, what is not ready; never an exception.

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/status.h"
#include "kubernetes/api_error.h"
#include "kubernetes/health.h"
#include "kubernetes/json_access.h"
#include "kubernetes/listing.h"
#include "kubernetes/node.h"
#include "oracle.h"

namespace kubernetes = mex::kubernetes;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto answer = kubernetes::parse_answer(text);
  if (answer.ok()) {
    const auto node = kubernetes::node_from_json(*answer);
    require(!node.ok() || !node->name.empty(), "a node without a name");
    require(!node.ok() || !node->ready() || node->condition("Ready") != nullptr,
            "ready without a condition");
    require(!kubernetes::error_from_status("call", *answer).ok(), "an error that is none");
    kubernetes::object_name(*answer);
  }
  mex::http_client::Response response;
  response.status = 400 + data[0] % 200;
  response.body = text;
  const absl::Status status = kubernetes::error_from_response("call", response);
  require(!status.ok(), "an error that is none");
  require(mex::base::message_of(status).starts_with("call: "), "the call is not named");
  const auto health = kubernetes::health_from_response(response);
  require(!health.ok() || !health->failing.empty(), "not ready without a reason");
  kubernetes::PagedListing listing("call", "/nodes", "", {});
  const absl::Status page = listing.add(std::string(text));
  require(page.ok() || !listing.is_whole(), "a broken page ends the list");
  require(!listing.next_call().path.empty(), "a page without a path");
  if (page.ok()) (void)kubernetes::nodes_of(listing.take());
  kubernetes::parse_time(text);
  return 0;
}
