#include "proxy/route/mirror.h"

#include "base/status.h"
#include "http/origin_url.h"
#include "proxy/route/route.h"

namespace mex::proxy::route {

absl::StatusOr<std::shared_ptr<const Mirror>> Mirror::create(const Route& route,
                                                             const MirrorSpec& spec,
                                                             const Mirror* previous,
                                                             std::size_t shards) {
  if (!route.action().leads_to_origin()) {
    return base::field_error("mirror", "must be left out where there is a redirect or an answer");
  }
  if (spec.percent < 1 || spec.percent > 100) {
    return base::field_error("mirror.percent", "must be 1 to 100");
  }
  auto url = http::parse_origin_url(spec.origin);
  if (!url.ok()) return base::field_error("mirror.origin", base::message_of(url.status()));
  const bool is_same = previous != nullptr && previous->route().origin() == *url;
  auto copied = std::make_shared<const Route>(
      route.rule(), *std::move(url),
      is_same ? previous->route().shared_counters() : std::make_shared<Counters>(shards),
      route.action());
  auto dropped = is_same ? previous->dropped_ : std::make_shared<Number>(0);
  return std::shared_ptr<const Mirror>(
      new Mirror(std::move(copied), spec.percent, std::move(dropped)));
}

}  // namespace mex::proxy::route
