#include "api/v1/flavor_resources.h"

#include <utility>

#include "api/v1/flavor_proto.h"
#include "base/status.h"

namespace mex::api {

namespace v1 = ::mexosagent::v1;

v1::ListFlavorsResponse list_flavors(const access::Principal&, const cluster::Manager& clusters,
                                     const v1::ListFlavorsRequest&) {
  v1::ListFlavorsResponse reply;
  for (const auto& [name, record] : *clusters.flavors().snapshot()) {
    *reply.add_flavors() = to_proto(record);
  }
  return reply;
}

absl::StatusOr<v1::Flavor> get_flavor(const access::Principal&, const cluster::Manager& clusters,
                                      const v1::GetFlavorRequest& request) {
  MEX_ASSIGN_OR_RETURN(const cluster::FlavorRecord record, clusters.flavors().find(request.name()));
  return to_proto(record);
}

absl::StatusOr<v1::Flavor> create_flavor(const access::Principal&, cluster::Manager& clusters,
                                         const v1::CreateFlavorRequest& request) {
  MEX_ASSIGN_OR_RETURN(cluster::ClusterFlavor flavor, flavor_of(request.flavor()));
  MEX_ASSIGN_OR_RETURN(const cluster::FlavorRecord record,
                       clusters.flavors().create(std::move(flavor)));
  return to_proto(record);
}

absl::StatusOr<v1::Flavor> replace_flavor(const access::Principal&, cluster::Manager& clusters,
                                          const v1::ReplaceFlavorRequest& request) {
  MEX_ASSIGN_OR_RETURN(cluster::ClusterFlavor flavor, flavor_of(request.flavor()));
  if (!flavor.name.empty() && flavor.name != request.name()) {
    return base::field_error("flavor.name",
                             "is not the name of the flavor that is to be replaced; names do not "
                             "change");
  }
  flavor.name = request.name();
  MEX_ASSIGN_OR_RETURN(const cluster::FlavorRecord record,
                       clusters.flavors().replace(std::move(flavor), request.flavor().revision()));
  return to_proto(record);
}

absl::StatusOr<v1::DeleteFlavorResponse> delete_flavor(const access::Principal&,
                                                       cluster::Manager& clusters,
                                                       const v1::DeleteFlavorRequest& request) {
  MEX_RETURN_IF_ERROR(clusters.delete_flavor(request.name()));
  return v1::DeleteFlavorResponse();
}

}  // namespace mex::api
