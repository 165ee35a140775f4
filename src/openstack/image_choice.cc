#include "openstack/image_choice.h"

#include "base/status.h"
#include "openstack/json_reader.h"

namespace mex::openstack {

absl::StatusOr<Image> image_from_json(const nlohmann::json& json) {
  JsonReader reader(json, "image");
  Image image;
  image.id = reader.required_text("id");
  image.name = reader.text("name");
  image.status = reader.text("status");
  image.owner = reader.text("owner");
  image.min_ram_mib = reader.integer("min_ram").value_or(0);
  image.min_disk_gib = reader.integer("min_disk").value_or(0);
  // Without the virtual size the image's own is the least that its disk can have.
  const std::int64_t size = reader.integer("size").value_or(0);
  image.bytes = reader.integer("virtual_size").value_or(size);
  MEX_RETURN_IF_ERROR(reader.status());
  return image;
}

absl::StatusOr<Image> choose_image(const std::vector<Image>& images, const std::string& name) {
  std::vector<const Image*> candidates;
  for (const Image& image : images) {
    if (image.status == "active") candidates.push_back(&image);
  }
  if (candidates.empty()) {
    for (const Image& image : images) candidates.push_back(&image);
  }
  if (candidates.empty()) {
    return base::error(absl::StatusCode::kNotFound, "there is no image '{}'", name);
  }
  if (candidates.size() == 1) return *candidates.front();
  std::string ids;
  for (const Image* const image : candidates) ids += (ids.empty() ? "" : ", ") + image->id;
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "{} images have the name '{}': name one by its id ({})", candidates.size(),
                     name, ids);
}

}  // namespace mex::openstack
