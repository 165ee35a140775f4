#pragma once

#include "absl/status/statusor.h"
#include "cluster/engine/manager.h"
#include "mexosagent/v1/flavors.pb.h"

// The resource flavors of package mexosagent.v1, without gRPC. Thread-safe.
namespace mex::api {

::mexosagent::v1::ListFlavorsResponse list_flavors(const cluster::Manager& clusters);
// NotFound.
absl::StatusOr<::mexosagent::v1::Flavor> get_flavor(
    const cluster::Manager& clusters, const ::mexosagent::v1::GetFlavorRequest& request);
// As cluster::FlavorCatalog::create.
absl::StatusOr<::mexosagent::v1::Flavor> create_flavor(
    cluster::Manager& clusters, const ::mexosagent::v1::CreateFlavorRequest& request);
// As cluster::FlavorCatalog::replace; InvalidArgument if the flavor has another name.
absl::StatusOr<::mexosagent::v1::Flavor> replace_flavor(
    cluster::Manager& clusters, const ::mexosagent::v1::ReplaceFlavorRequest& request);

}  // namespace mex::api
