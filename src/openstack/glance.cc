#include "openstack/glance.h"

#include <string_view>
#include <utility>

#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "openstack/api_call.h"
#include "openstack/image_choice.h"
#include "openstack/listing.h"
#include "openstack/session.h"
#include "openstack/uuid.h"

namespace mex::openstack {
namespace {

// Glance reads what stands before a colon in a filter as an operator ("in:a,b"), quotes within the
// value of one, and says 400 to what it does not know. Such names are compared here.
bool can_be_filtered(std::string_view name) {
  return name.find_first_of(":\"\\,") == std::string_view::npos;
}

absl::StatusOr<std::vector<Image>> list(Session& session, const std::string& name,
                                        const CallContext& context) {
  Listing listing{.service = Service::Image,
                  .what = "list images",
                  .path = "/images",
                  .key = "images",
                  .query = {}};
  if (can_be_filtered(name)) listing.query.add("name", name);
  std::vector<Image> images;
  MEX_RETURN_IF_ERROR(list_all(session, listing, context, [&](const nlohmann::json& element) {
    absl::StatusOr<Image> image = image_from_json(element);
    // MySQL compares names without case, too.
    if (image.ok() && (name.empty() || image->name == name)) images.push_back(*std::move(image));
    return image.status();
  }));
  return images;
}

}  // namespace

Glance::Glance(Session& session) : session_(session) {}

absl::StatusOr<Image> Glance::find_image(const std::string& name_or_id,
                                         const CallContext& context) {
  if (const auto id = parse_uuid(name_or_id)) {
    auto image = get_image(*id, context);
    if (!absl::IsNotFound(image.status())) return image;
  }
  MEX_ASSIGN_OR_RETURN(const std::vector<Image> images, list(session_, name_or_id, context));
  return choose_image(images, name_or_id);
}

absl::StatusOr<Image> Glance::get_image(const std::string& id, const CallContext& context) {
  ApiCall call;
  call.service = Service::Image;
  call.what = "get image " + id;
  call.path = "/images/" + http_client::percent_encode(id);
  MEX_ASSIGN_OR_RETURN(const ApiAnswer answer, session_.call(call, context));
  return image_from_json(answer.body);
}

absl::StatusOr<std::vector<Image>> Glance::list_images(const CallContext& context) {
  return list(session_, "", context);
}

}  // namespace mex::openstack
