#include "proxy/upstream/upstreams.h"

#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/log.h"

namespace mex::proxy::upstream {
namespace {

template <typename Created>
Created or_null(absl::StatusOr<Created> created, std::string_view without) {
  if (created.ok()) return *std::move(created);
  log::warning(without, {{"reason", created.status()}});
  return nullptr;
}

}  // namespace

Upstreams::Upstreams(net::EventLoop& loop, net::BufferPool& buffers, const Options& options,
                     const net::OriginPolicy& policy)
    : resolver_(or_null(Resolver::create(loop, options.name_servers),
                        "origins with host names cannot be reached")),
      tls_(or_null(tls::ClientContext::create({.ca_file = options.origin_ca_file}, buffers),
                   "https origins cannot be reached")),
      context_{loop, buffers, options, policy, resolver_.get(), tls_.get()},
      origins_(context_) {}

}  // namespace mex::proxy::upstream
