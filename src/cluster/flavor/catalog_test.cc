#include "cluster/flavor/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "cluster/flavor/builtin.h"
#include "cluster/flavor/fixture.h"
#include "store/sqlite_store.h"

namespace mex::cluster {
namespace {

using testing::HasSubstr;

// A clock that stands still until a test moves it.
class SetClock final : public base::Clock {
 public:
  base::WallTime wall_now() const override { return now; }
  base::SteadyTime steady_now() const override { return {}; }
  base::WallTime now{std::chrono::milliseconds(1000)};
};

class FlavorCatalogTest : public testing::Test {
 protected:
  FlavorCatalogTest() : store_(*store::open_sqlite_store(directory_.path())) { open(); }

  void open() {
    auto catalog = FlavorCatalog::open(*store_, clock_, *AddressPool::parse("10.101.0.0/16"));
    ASSERT_TRUE(catalog.ok()) << catalog.status();
    catalog_ = *std::move(catalog);
  }
  void expect_refusal(const absl::Status& status, absl::StatusCode code, const char* text) {
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(base::message_of(status), HasSubstr(text));
  }

  base::TemporaryDirectory directory_;
  std::shared_ptr<store::Store> store_;
  SetClock clock_;
  std::unique_ptr<FlavorCatalog> catalog_;
};

TEST_F(FlavorCatalogTest, HoldsTheBuiltInOnes) {
  EXPECT_EQ(*catalog_->snapshot(), built_in_flavors());
  EXPECT_TRUE(catalog_->find("kubernetes-ha-openstack")->is_built_in);
  expect_refusal(catalog_->find("nope").status(), absl::StatusCode::kNotFound, "no flavor nope");
}

TEST_F(FlavorCatalogTest, KeepsWhatWasMade) {
  const auto made = catalog_->create(full_flavor());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->revision, 1);
  EXPECT_EQ(made->created, clock_.now);
  EXPECT_FALSE(made->is_built_in);
  EXPECT_EQ(*catalog_->find("edge-large"), *made);
  open();
  EXPECT_EQ(*catalog_->find("edge-large"), *made);
  expect_refusal(catalog_->create(full_flavor()).status(), absl::StatusCode::kAlreadyExists,
                 "there is a flavor edge-large already");
}

TEST_F(FlavorCatalogTest, EachReplacementIsARevision) {
  const base::WallTime made_at = clock_.now;
  ASSERT_TRUE(catalog_->create(full_flavor()).ok());
  clock_.now += std::chrono::seconds(1);
  ClusterFlavor changed = full_flavor();
  changed.masters.count = 5;
  const auto second = catalog_->replace(changed, 0);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->revision, 2);
  EXPECT_EQ(second->created, made_at);
  EXPECT_EQ(second->changed, clock_.now);
  EXPECT_EQ(catalog_->find("edge-large")->flavor, changed);
  EXPECT_EQ(catalog_->replace(changed, 2)->revision, 3);
  expect_refusal(catalog_->replace(changed, 2).status(), absl::StatusCode::kAborted,
                 "is at revision 3, not 2");
  open();
  EXPECT_EQ(catalog_->find("edge-large")->revision, 3);
}

TEST_F(FlavorCatalogTest, BadOnesAreNotKept) {
  ClusterFlavor bad = full_flavor();
  bad.masters.count = 2;
  EXPECT_EQ(base::detail_of(catalog_->create(bad).status()).field, "flavor.masters.count");
  EXPECT_TRUE(absl::IsNotFound(catalog_->find(bad.name).status()));
  ASSERT_TRUE(catalog_->create(full_flavor()).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(catalog_->replace(bad, 0).status()));
  EXPECT_EQ(catalog_->find(bad.name)->revision, 1);
}

TEST_F(FlavorCatalogTest, BuiltInOnesStayAsTheyAre) {
  ClusterFlavor flavor = full_flavor();
  flavor.name = "kubernetes-mini-openstack";
  expect_refusal(catalog_->create(flavor).status(), absl::StatusCode::kAlreadyExists, "already");
  expect_refusal(catalog_->replace(flavor, 0).status(), absl::StatusCode::kFailedPrecondition,
                 "is built in and cannot be changed");
  expect_refusal(catalog_->remove(flavor.name, {}), absl::StatusCode::kFailedPrecondition,
                 "is built in");
}

TEST_F(FlavorCatalogTest, WhatIsNotThereIsNeitherReplacedNorDeleted) {
  EXPECT_TRUE(absl::IsNotFound(catalog_->replace(full_flavor(), 0).status()));
  EXPECT_TRUE(absl::IsNotFound(catalog_->remove("edge-large", {})));
}

TEST_F(FlavorCatalogTest, AUsedOneIsNotDeleted) {
  ASSERT_TRUE(catalog_->create(full_flavor()).ok());
  expect_refusal(catalog_->remove("edge-large", {"t/a"}), absl::StatusCode::kFailedPrecondition,
                 "has clusters: t/a; destroy them first");
  expect_refusal(catalog_->remove("edge-large", {"t/a", "t/b", "t/c", "t/d", "t/e"}),
                 absl::StatusCode::kFailedPrecondition, "t/a, t/b, t/c and 2 more;");
  ASSERT_TRUE(catalog_->remove("edge-large", {}).ok());
  EXPECT_TRUE(absl::IsNotFound(catalog_->find("edge-large").status()));
  open();
  EXPECT_TRUE(absl::IsNotFound(catalog_->find("edge-large").status()));
  EXPECT_EQ(catalog_->create(full_flavor())->revision, 1);
}

TEST_F(FlavorCatalogTest, ASnapshotDoesNotChange) {
  const auto before = catalog_->snapshot();
  ASSERT_TRUE(catalog_->create(full_flavor()).ok());
  EXPECT_EQ(before->count("edge-large"), 0U);
  EXPECT_EQ(catalog_->snapshot()->count("edge-large"), 1U);
}

TEST_F(FlavorCatalogTest, OneOfManyReplacementsAtOnceWins) {
  ASSERT_TRUE(catalog_->create(full_flavor()).ok());
  std::atomic<int> won = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] { won += catalog_->replace(full_flavor(), 1).ok() ? 1 : 0; });
    }
  }
  EXPECT_EQ(won, 1);
  EXPECT_EQ(catalog_->find("edge-large")->revision, 2);
}

TEST_F(FlavorCatalogTest, ARecordThatCannotBeReadIsSetAsideAndItsNameStaysGiven) {
  const std::string of_another = to_json(FlavorRecord{.flavor = full_flavor()});
  ASSERT_TRUE(
      store_->commit(store::Transaction().put("/flavors/x", "{").put("/flavors/y", of_another))
          .ok());
  const auto catalog = FlavorCatalog::open(*store_, clock_, *AddressPool::parse("10.0.0.0/16"));
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  for (const char* name : {"x", "y"}) {
    const std::string key = std::string("/flavors/") + name;
    const std::string value = store_->get(key)->value;
    ClusterFlavor flavor = full_flavor();
    flavor.name = name;
    const auto refused = absl::StatusCode::kFailedPrecondition;
    expect_refusal((*catalog)->find(name).status(), refused, key.c_str());
    expect_refusal((*catalog)->create(flavor).status(), refused, key.c_str());
    expect_refusal((*catalog)->replace(flavor, 0).status(), refused, key.c_str());
    expect_refusal((*catalog)->remove(name, {}), refused, key.c_str());
    EXPECT_EQ(store_->get(key)->value, value);
  }
  EXPECT_TRUE((*catalog)->create(full_flavor()).ok());
}

}  // namespace
}  // namespace mex::cluster
