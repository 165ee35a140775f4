#include "openstack/glance.h"

#include <algorithm>
#include <utility>

#include "base/status.h"
#include "http_client/percent_encoding.h"
#include "openstack/api_call.h"
#include "openstack/image_choice.h"
#include "openstack/listing.h"
#include "openstack/session.h"

namespace mex::openstack {
namespace {

bool is_uuid(std::string_view text) {
  return text.size() == 36 && std::count(text.begin(), text.end(), '-') == 4 &&
         text.find_first_not_of("0123456789abcdefABCDEF-") == std::string_view::npos;
}

absl::StatusOr<std::vector<Image>> list(Session& session, const std::string& name,
                                        const CallContext& context) {
  Listing listing{.service = Service::Image,
                  .what = "list images",
                  .path = "/images",
                  .key = "images",
                  .query = {}};
  listing.query.add("name", name);
  std::vector<Image> images;
  MEX_RETURN_IF_ERROR(list_all(session, listing, context, [&](const nlohmann::json& element) {
    absl::StatusOr<Image> image = image_from_json(element);
    if (image.ok()) images.push_back(*std::move(image));
    return image.status();
  }));
  return images;
}

}  // namespace

Glance::Glance(Session& session) : session_(session) {}

absl::StatusOr<Image> Glance::find_image(const std::string& name_or_id,
                                         const CallContext& context) {
  if (is_uuid(name_or_id)) {
    ApiCall call;
    call.service = Service::Image;
    call.what = "get image " + name_or_id;
    call.path = "/images/" + http_client::percent_encode(name_or_id);
    const absl::StatusOr<ApiAnswer> answer = session_.call(call, context);
    if (answer.ok()) return image_from_json(answer->body);
    if (!absl::IsNotFound(answer.status())) return answer.status();
  }
  MEX_ASSIGN_OR_RETURN(const std::vector<Image> images, list(session_, name_or_id, context));
  return choose_image(images, name_or_id);
}

absl::StatusOr<std::vector<Image>> Glance::list_images(const CallContext& context) {
  return list(session_, "", context);
}

}  // namespace mex::openstack
