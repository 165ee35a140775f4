// Any bytes as what an API server says of a service, in a list and in a watch: addresses are
// addresses, ports are ports, what is kept survives what cannot be read, and a watch means the same
// in whatever pieces it comes. Never an exception.

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/ipv4.h"
#include "base/ipv6.h"
#include "kubernetes/json_access.h"
#include "kubernetes/services/service_feeds.h"
#include "kubernetes/services/service_objects.h"
#include "kubernetes/services/service_view.h"
#include "oracle.h"

namespace kubernetes = mex::kubernetes;

namespace {

constexpr const char* kSlices = R"({"metadata":{"resourceVersion":"5"},"items":[
    {"metadata":{"name":"a","namespace":"n","labels":{"kubernetes.io/service-name":"s"}},
     "ports":[{"port":80}],"endpoints":[{"addresses":["10.0.0.1"]}]}]})";

void check(const kubernetes::EndpointSlice& slice) {
  for (const auto& port : slice.ports) require(port.port != 0, "a port that is none");
  for (const auto& endpoint : slice.endpoints) {
    require(mex::base::parse_ipv4(endpoint.address) || mex::base::parse_ipv6(endpoint.address),
            "an address that is none");
  }
}

// The slices after a list that is sound and a watch that says `text`.
std::size_t slices_after(std::string_view text, std::size_t piece) {
  kubernetes::SliceFeed feed("n", "s", {});
  feed.next({}, 0);
  feed.take_page(std::string(kSlices), {});
  require(feed.has_list() && feed.slices().size() == 1, "a sound list was not read");
  feed.next({}, 0);
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!feed.take_bytes(text.substr(at, piece)).ok()) break;
  }
  for (const auto& slice : feed.slices()) check(slice);
  return feed.slices().size();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto object = kubernetes::parse_answer(text);
  if (object.ok()) {
    const auto slice = kubernetes::slice_from_json(*object);
    if (slice.ok()) check(*slice);
    const auto slices = kubernetes::slices_from_endpoints(*object);
    if (slices.ok()) {
      for (const auto& each : *slices) check(each);
    }
    const auto node = kubernetes::service_node_from_json(*object);
    require(!node.ok() || !node->name.empty(), "a node without a name");
    const auto service = kubernetes::service_from_json(*object);
    if (service.ok()) {
      const std::optional<kubernetes::Service> known = *service;
      const std::vector<kubernetes::EndpointSlice> seen =
          slice.ok() ? std::vector{*slice} : std::vector<kubernetes::EndpointSlice>();
      const auto view =
          kubernetes::view_service({.service = known, .slices = seen, .nodes = nullptr}, "",
                                   [](const std::string&) { return kubernetes::Reach::Routed; });
      const bool is_current = view.endpoints.state == kubernetes::ServiceEndpoints::State::Current;
      require(is_current != view.endpoints.addresses.empty(), "endpoints that are none");
      require(is_current == view.endpoints.reason.empty(), "no endpoints and no reason");
    }
  }
  kubernetes::SliceFeed feed("n", "s", {});
  feed.next({}, 0);
  feed.take_page(std::string(kSlices), {});
  feed.restart();
  feed.next({}, 0);
  feed.take_page(std::string(text), {});
  require(feed.status().ok() || feed.slices().size() == 1, "a bad list took something away");
  require(slices_after(text, 1) == slices_after(text, size + 1), "pieces make a difference");
  return 0;
}
