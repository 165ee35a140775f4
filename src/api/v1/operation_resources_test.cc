#include "api/v1/operation_resources.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/status.h"

namespace mex::api {
namespace {

using ::testing::ElementsAre;

// Operations o5 … o1, newest first; odd ones are of tenant "odd".
std::vector<cluster::OperationView> operations() {
  std::vector<cluster::OperationView> views;
  for (int i = 5; i >= 1; --i) {
    cluster::OperationView view;
    view.id = "o" + std::to_string(i);
    view.tenant = i % 2 == 1 ? "odd" : "even";
    view.cluster_name = "c" + std::to_string(i);
    views.push_back(view);
  }
  return views;
}

struct Page {
  std::vector<std::string> ids;
  std::string next;
};

Page page(const std::string& tenant, int size, const std::string& token) {
  ::mexosagent::v1::ListOperationsRequest request;
  request.set_tenant(tenant);
  request.set_page_size(size);
  request.set_page_token(token);
  const auto reply = operations_page(operations(), request);
  EXPECT_TRUE(reply.ok()) << reply.status();
  Page page{{}, reply->next_page_token()};
  for (const auto& operation : reply->operations()) page.ids.push_back(operation.id());
  return page;
}

TEST(OperationsPageTest, PagesFromNewToOld) {
  EXPECT_THAT(page("", 0, "").ids, ElementsAre("o5", "o4", "o3", "o2", "o1"));
  EXPECT_EQ(page("", 0, "").next, "");
  const Page first = page("", 2, "");
  EXPECT_THAT(first.ids, ElementsAre("o5", "o4"));
  const Page second = page("", 2, first.next);
  EXPECT_THAT(second.ids, ElementsAre("o3", "o2"));
  const Page third = page("", 2, second.next);
  EXPECT_THAT(third.ids, ElementsAre("o1"));
  EXPECT_EQ(third.next, "");
}

TEST(OperationsPageTest, FiltersByTenantAndCluster) {
  const Page odd = page("odd", 2, "");
  EXPECT_THAT(odd.ids, ElementsAre("o5", "o3"));
  EXPECT_THAT(page("odd", 2, odd.next).ids, ElementsAre("o1"));
  EXPECT_THAT(page("-", 0, "").ids.size(), 5U);
  ::mexosagent::v1::ListOperationsRequest request;
  request.set_cluster("c4");
  EXPECT_EQ(operations_page(operations(), request)->operations_size(), 1);
}

TEST(OperationsPageTest, FaultsNameTheField) {
  ::mexosagent::v1::ListOperationsRequest request;
  request.set_page_size(-1);
  EXPECT_EQ(base::detail_of(operations_page(operations(), request).status()).field, "page_size");
  request.set_page_size(0);
  request.set_page_token("gone");
  EXPECT_EQ(base::detail_of(operations_page(operations(), request).status()).field, "page_token");
}

}  // namespace
}  // namespace mex::api
