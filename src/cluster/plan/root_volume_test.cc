#include "cluster/plan/root_volume.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::cluster {
namespace {

class RootVolumeTest : public testing::Test {
 protected:
  std::int64_t size(bool cloud_has_volumes = true) const {
    const auto volume = root_volume(shape_, image_, flavor_, cloud_has_volumes);
    EXPECT_TRUE(volume.ok()) << volume.status();
    return volume.ok() && *volume ? (*volume)->size_gib : 0;
  }

  NodeShape shape_;
  openstack::Image image_;
  openstack::Flavor flavor_;
};

TEST_F(RootVolumeTest, ANovaFlavorWithADiskNeedsNone) {
  flavor_.disk_gib = 20;
  EXPECT_EQ(size(), 0);
  shape_.root_volume_gib = 50;
  EXPECT_EQ(size(), 50) << "the cluster flavor asks for one";
  shape_.root_volume_gib = 0;
  shape_.root_volume_type = "ssd";
  flavor_.disk_gib = 80;
  EXPECT_EQ(size(), 80) << "as large as the disk that it replaces";
}

TEST_F(RootVolumeTest, ANovaFlavorWithoutADiskBootsFromOneWhereTheCloudHasVolumes) {
  EXPECT_EQ(size(), 20);
  EXPECT_EQ(size(false), 0);
  image_.min_disk_gib = 30;
  EXPECT_EQ(size(), 30);
  image_.bytes = (std::int64_t{40} << 30U) + 1;
  EXPECT_EQ(size(), 41);
}

TEST_F(RootVolumeTest, AnImageThatDoesNotFitIsRefused) {
  shape_.root_volume_gib = 10;
  image_.name = "debian-12";
  image_.min_disk_gib = 11;
  const auto volume = root_volume(shape_, image_, flavor_, true);
  EXPECT_EQ(volume.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(base::message_of(volume.status()),
            "image debian-12: needs a disk of 11 GiB, the cluster flavor has root_volume_gib 10");
}

}  // namespace
}  // namespace mex::cluster
