#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/status.h"
#include "cluster/steps/cloud_fixture.h"

// Volumes that servers boot from, against answers as Cinder gives them.
namespace mex::cluster {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const ResourceKey kPlace{ResourceKind::Volume, "worker-1"};
constexpr const char* kName = "test-1-k3v9x2ab-worker-1";

class VolumeStepsTest : public CloudTest {
 protected:
  static std::string volume(const std::string& status, const std::string& mark) {
    return fmt::format(R"({{"id": "v1", "name": "{}", "description": "{}", "status": "{}"}})",
                       kName, mark, status);
  }
  void is(const std::string& status) {
    answer("GET /volumev3/v3/volumes/v1",
           fmt::format(R"({{"volume": {}}})", volume(status, mark_of(test_owner()))));
  }
  void is_listed(const std::string& status, const std::string& mark = mark_of(test_owner())) {
    answer(fmt::format("GET /volumev3/v3/volumes/detail?name={}&limit=500", kName),
           fmt::format(R"({{"volumes": [{}]}})", volume(status, mark)));
  }
  Outcome created(bool check_existing = false) {
    answer("POST /volumev3/v3/volumes", {{.status = 202, .body = R"({"volume": {"id": "v2"}})"}});
    CreateVolume create{.slot = "worker-1", .body = {}};
    create.body.name = kName;
    create.body.description = mark_of(test_owner());
    create.body.image_id = "i";
    create.body.size_gib = 20;
    create.body.type = "fast";
    Attempt attempt = attempt_without_journal(create, spec_, test_owner());
    attempt.check_existing = check_existing;
    attempt.may_repeat = true;
    return perform(cloud(), attempt, in_time());
  }
  Outcome awaited() {
    resources_[kPlace] = "v1";
    return performed(AwaitVolume{"worker-1"});
  }
  Outcome removed() {
    const ObservedResource seen{ResourceKind::Volume, "v1", kName, "available", true};
    return performed(Remove{*OwnedResource::prove(seen, {}, spec_, kTestClusterId)});
  }
};

TEST_F(VolumeStepsTest, IsAskedForWithItsOwnersMark) {
  const Outcome outcome = created();
  EXPECT_EQ(outcome.made.at(kPlace), "v2");
  EXPECT_THAT(last_body(), AllOf(HasSubstr(mark_of(test_owner())), HasSubstr(R"("imageRef":"i")"),
                                 HasSubstr(R"("size":20)"), HasSubstr(R"("volume_type":"fast")")));
}

TEST_F(VolumeStepsTest, OneThatALostCallHasMadeIsTaken) {
  is_listed("creating");
  EXPECT_EQ(created(true).made.at(kPlace), "v1");
}

TEST_F(VolumeStepsTest, OneOfThatNameIsNotTakenIfItIsSomeoneElsesOrOfNoUse) {
  is_listed("available", "mine");
  EXPECT_EQ(created(true).made.at(kPlace), "v2");
  for (const char* status : {"error", "deleting", "error_deleting"}) {
    is_listed(status);
    EXPECT_EQ(created(true).made.at(kPlace), "v2") << status;
  }
}

TEST_F(VolumeStepsTest, IsAwaitedUntilItIsFilled) {
  for (const char* status : {"creating", "downloading"}) {
    is(status);
    EXPECT_TRUE(awaited().is_under_way) << status;
  }
  for (const char* status : {"available", "reserved", "attaching", "in-use"}) {
    is(status);
    const Outcome outcome = awaited();
    EXPECT_TRUE(outcome.status.ok() && !outcome.is_under_way) << status << outcome.status;
  }
}

TEST_F(VolumeStepsTest, WhatCinderCouldNotMakeIsSaidInItsOwnWords) {
  is("error");
  answer("GET /volumev3/v3/messages?resource_uuid=v1",
         R"({"messages": [
           {"created_at": "2026-11-22T13:00:01", "user_message": "no host\n was found"},
           {"created_at": "2026-11-22T13:00:00", "user_message": "earlier"}]})");
  const absl::Status status = awaited().status;
  EXPECT_EQ(base::detail_of(status).cloud_code, "VolumeError");
  EXPECT_THAT(std::string(base::message_of(status)),
              HasSubstr("Cinder could not make it (status error): no host was found"));
  answer("GET /volumev3/v3/messages?resource_uuid=v1", {{.status = 403, .body = "{}"}});
  EXPECT_THAT(std::string(base::message_of(awaited().status)),
              testing::EndsWith("could not make it (status error)"));
}

TEST_F(VolumeStepsTest, OneThatIsGoneOrGoesHasToBeMadeAnew) {
  EXPECT_TRUE(absl::IsNotFound(awaited().status));
  is("deleting");
  EXPECT_TRUE(absl::IsNotFound(awaited().status));
}

TEST_F(VolumeStepsTest, ARemovalIsDoneWhenTheVolumeIsGone) {
  is("available");
  answer("DELETE /volumev3/v3/volumes/v1", {{.status = 202, .body = ""}});
  EXPECT_TRUE(removed().is_under_way);
  EXPECT_EQ(calls("DELETE", "/volumev3/v3/volumes/v1"), 1U);
  is("deleting");
  EXPECT_TRUE(removed().is_under_way);
  EXPECT_EQ(calls("DELETE", "/volumev3/v3/volumes/v1"), 1U);
  answer("GET /volumev3/v3/volumes/v1", {{.status = 404, .body = "{}"}});
  EXPECT_TRUE(removed().status.ok());
}

TEST_F(VolumeStepsTest, OneThatNovaIsJustLettingGoOfIsWaitedFor) {
  for (const char* status : {"in-use", "detaching", "reserved"}) {
    is(status);
    EXPECT_TRUE(removed().is_under_way) << status;
  }
  EXPECT_EQ(calls("DELETE", "/volumev3/v3/volumes/v1"), 0U);
  is("available");
  answer("DELETE /volumev3/v3/volumes/v1", {{.status = 400, .body = "{}"}});
  EXPECT_TRUE(removed().is_under_way);
}

TEST_F(VolumeStepsTest, OneThatCinderCannotDeleteIsNotCalledGone) {
  is("error_deleting");
  const Outcome outcome = removed();
  EXPECT_FALSE(outcome.is_under_way);
  EXPECT_EQ(base::detail_of(outcome.status).cloud_code, "VolumeError");
}

TEST_F(VolumeStepsTest, ThoseWithTheMarkAreFound) {
  answer("GET /volumev3/v3/volumes/detail?limit=500",
         fmt::format(R"({{"volumes": [{}, {{"id": "v3", "name": "x", "description": "mine"}}]}})",
                     volume("available", mark_of(test_owner()))));
  const Discovered seen = discovered(FindOwned{ResourceKind::Volume});
  ASSERT_EQ(seen.inventory.size(), 1U);
  EXPECT_EQ(seen.inventory[0],
            (ObservedResource{ResourceKind::Volume, "v1", kName, "available", true}));
}

TEST_F(VolumeStepsTest, CindersZonesAreAskedForWhereTheClusterHasZones) {
  answer("GET /volumev3/v3/limits", R"({"limits": {"absolute": {}}})");
  answer("GET /volumev3/v3/os-availability-zone",
         R"({"availabilityZoneInfo": [{"zoneName": "a", "zoneState": {"available": true}},
                                      {"zoneName": "b", "zoneState": {"available": false}}]})");
  EXPECT_TRUE(discovered(ReadVolumeQuota{}).volume_zones.empty());
  spec_.zones = {"a", "b"};
  EXPECT_THAT(discovered(ReadVolumeQuota{}).volume_zones, ElementsAre("a"));
}

}  // namespace
}  // namespace mex::cluster
