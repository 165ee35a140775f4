#pragma once

#include "absl/status/statusor.h"
#include "access/principal.h"
#include "cluster/engine/manager.h"
#include "mexosagent/v1/flavors.pb.h"

// The resource flavors of package mexosagent.v1, without gRPC. Thread-safe.
namespace mex::api {

::mexosagent::v1::ListFlavorsResponse list_flavors(
    const access::Principal& caller, const cluster::Manager& clusters,
    const ::mexosagent::v1::ListFlavorsRequest& request);
// NotFound.
absl::StatusOr<::mexosagent::v1::Flavor> get_flavor(
    const access::Principal& caller, const cluster::Manager& clusters,
    const ::mexosagent::v1::GetFlavorRequest& request);
// As cluster::FlavorCatalog::create.
absl::StatusOr<::mexosagent::v1::Flavor> create_flavor(
    const access::Principal& caller, cluster::Manager& clusters,
    const ::mexosagent::v1::CreateFlavorRequest& request);
// As cluster::FlavorCatalog::replace; InvalidArgument if the flavor has another name.
absl::StatusOr<::mexosagent::v1::Flavor> replace_flavor(
    const access::Principal& caller, cluster::Manager& clusters,
    const ::mexosagent::v1::ReplaceFlavorRequest& request);
// As cluster::FlavorCatalog::remove.
absl::StatusOr<::mexosagent::v1::DeleteFlavorResponse> delete_flavor(
    const access::Principal& caller, cluster::Manager& clusters,
    const ::mexosagent::v1::DeleteFlavorRequest& request);

}  // namespace mex::api
