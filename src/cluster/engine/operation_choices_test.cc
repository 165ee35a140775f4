#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "cluster/engine/operation_fixture.h"
#include "cluster/plan/adoption.h"

// What a cluster is made of is chosen once, whatever the names mean later.
namespace mex::cluster {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

class ChoicesTest : public OperationTest {
 protected:
  ChoicesTest() { use_managed(); }

  void create() {
    begin_create();
    run();
    expect_whole();
  }
  void upload_image_again() { cloud_.image_id = "another-image-id"; }

  std::string image_of(const std::string& slot) {
    const auto server = cluster().resources.find({ResourceKind::Server, slot});
    return server == cluster().resources.end() ? "none" : cloud_.resources.at(server->second).image;
  }
  // The record as a version has written it that kept no ids.
  void forget_ids() {
    ClusterRecord old = cluster();
    for (NodeSpec& node : old.spec.nodes) {
      node.image_id.clear();
      node.nova_flavor_id.clear();
    }
    old.references = {};
    store_[std::string("/clusters/") + kTestClusterId] = to_json(old);
    restart(Fate::Answered);
  }
  ClusterRecord scaled_to(int count, const NewNames& names) {
    auto changed =
        scaled(cluster(), "worker", count,
               {.platform = platform_, .is_taken = [](const auto&) { return false; }}, names);
    EXPECT_TRUE(changed.ok()) << changed.status();
    return changed.ok() ? *changed : cluster();
  }
  ClusterRecord replaced_with(const char* slot, const NewNames& names) {
    auto changed = with_replaced(cluster(), slot, names);
    EXPECT_TRUE(changed.ok()) << changed.status();
    return changed.ok() ? *changed : cluster();
  }
  void expect_nothing_was_changed(std::size_t calls_before) {
    for (std::size_t i = calls_before; i < cloud_.calls.size(); ++i) {
      EXPECT_THAT(cloud_.calls[i], testing::AnyOf("token", StartsWith("look"), StartsWith("list")))
          << "after it was said what is missing";
    }
  }
};

TEST_F(ChoicesTest, IdsAreInTheStoreWithTheFirstIntent) {
  begin_create();
  run_until_moment("network");
  for (const NodeSpec& node : stored_cluster()->spec.nodes) {
    EXPECT_EQ(node.image_id, "image-id") << node.slot;
    EXPECT_EQ(node.nova_flavor_id, "flavor-id") << node.slot;
  }
  EXPECT_EQ(stored_cluster()->references.external_network.id, "public-id");
  run();
  expect_whole();
}

TEST_F(ChoicesTest, ScaleTakesTheImageThatWasChosenThoughAnotherHasItsNameNow) {
  create();
  upload_image_again();
  scale(3);
  run();
  expect_whole();
  EXPECT_EQ(image_of("worker-3"), "image-id");
}

TEST_F(ChoicesTest, RepairTakesTheImageThatWasChosenThoughAnotherHasItsNameNow) {
  create();
  upload_image_again();
  repair("worker-1");
  run();
  expect_whole();
  EXPECT_EQ(image_of("worker-1"), "image-id");
}

TEST_F(ChoicesTest, ACreateThatIsKilledGoesOnWithTheImageThatWasChosen) {
  begin_create();
  run_until_moment("ports");
  upload_image_again();
  restart(Fate::Answered);
  run();
  expect_whole();
  EXPECT_EQ(image_of("worker-2"), "image-id");
}

TEST_F(ChoicesTest, NothingIsMadeOrRemovedWhenTheImageIsGone) {
  create();
  const std::size_t before = cloud_.calls.size();
  cloud_.script("look image debian-12", {Fate::NotFound});
  repair("worker-1");
  run();
  EXPECT_EQ(operation().state, OperationState::Failed);
  expect_nothing_was_changed(before);
}

TEST_F(ChoicesTest, SecondExternalNetworkDoesNotKeepNodesFromJoining) {
  create();
  const std::size_t before = cloud_.calls.size();
  scale(3);
  run();
  expect_whole();
  const std::vector<std::string> later(cloud_.calls.begin() + static_cast<std::ptrdiff_t>(before),
                                       cloud_.calls.end());
  EXPECT_THAT(later, Not(Contains("look external network")));
}

TEST_F(ChoicesTest, ARecordWithoutIdsGetsThemFromItsServersAndNotFromTheNames) {
  create();
  upload_image_again();
  forget_ids();
  scale(3);
  run();
  expect_whole();
  EXPECT_EQ(image_of("worker-3"), "image-id");
  EXPECT_EQ(stored_cluster()->spec.nodes[0].image_id, "image-id");
  EXPECT_EQ(cloud_.calls_of("look servers' sources"), 1);
  scale(4);
  run();
  EXPECT_EQ(cloud_.calls_of("look servers' sources"), 1) << "once is enough";
}

TEST_F(ChoicesTest, WithoutAServerToAskARecordWithoutIdsIsNotMadeOfWhatTheNameMeansNow) {
  create();
  upload_image_again();
  forget_ids();
  cloud_.resources.clear();
  const std::size_t before = cloud_.calls.size();
  scale(3);
  run();
  EXPECT_EQ(operation().state, OperationState::Failed);
  EXPECT_EQ(operation().reason.code, "SourceUnknown");
  EXPECT_THAT(operation().reason.message, HasSubstr("the image of worker-3"));
  EXPECT_THAT(operation().reason.next, HasSubstr("pools/worker:scale with \"image\""));
  expect_nothing_was_changed(before);
}

TEST_F(ChoicesTest, AnotherImageIsAnExplicitChangeOfOneNode) {
  create();
  upload_image_again();
  change(OperationKind::Replace,
         replaced_with("worker-1", {.image = "debian-12", .nova_flavor = {}, .key_pair = {}}));
  run();
  expect_whole();
  EXPECT_EQ(image_of("worker-1"), "another-image-id");
  EXPECT_EQ(image_of("worker-2"), "image-id");
  repair("worker-1");
  run();
  EXPECT_EQ(image_of("worker-1"), "another-image-id") << "it stays that node's";
  scale(3);
  run();
  EXPECT_EQ(image_of("worker-3"), "image-id") << "its pool has the one it was made with";
}

TEST_F(ChoicesTest, AnotherImageOfAPoolIsWhatJoinsFromThenOnIsMadeOf) {
  create();
  upload_image_again();
  change(OperationKind::Scale,
         scaled_to(3, {.image = "debian-12", .nova_flavor = {}, .key_pair = {}}));
  run();
  expect_whole();
  EXPECT_EQ(image_of("worker-3"), "another-image-id");
  cloud_.image_id = "a-third-image-id";
  scale(4);
  run();
  EXPECT_EQ(image_of("worker-4"), "another-image-id");
  repair("worker-1");
  run();
  EXPECT_EQ(image_of("worker-1"), "image-id") << "nodes that are there keep theirs";
}

TEST_F(ChoicesTest, AnImageThatIsNamedForNodesToComeIsLookedUpAtOnce) {
  create();
  change(OperationKind::Scale,
         scaled_to(2, {.image = "debian-13", .nova_flavor = {}, .key_pair = {}}));
  run();
  expect_whole();
  EXPECT_EQ(cloud_.calls_of("look image debian-13"), 1);
  EXPECT_EQ(stored_cluster()->spec.pool_templates.at("worker").image_id, "image-id");
}

TEST_F(ChoicesTest, AnExplicitImageCountsForARecordWithoutIdsToo) {
  create();
  upload_image_again();
  forget_ids();
  change(OperationKind::Replace,
         replaced_with("worker-1", {.image = "debian-12", .nova_flavor = {}, .key_pair = {}}));
  run();
  expect_whole();
  EXPECT_EQ(image_of("worker-1"), "another-image-id");
  scale(3);
  run();
  EXPECT_EQ(image_of("worker-3"), "image-id");
}

TEST_F(ChoicesTest, APoolThatIsScaledToNoneAndBackIsMadeOfTheSame) {
  create();
  scale(0);
  run();
  upload_image_again();
  scale(1);
  run();
  expect_whole();
  EXPECT_EQ(image_of("worker-1"), "image-id");
}

}  // namespace
}  // namespace mex::cluster
