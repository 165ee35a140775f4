#pragma once

#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "api/api_server.h"
#include "api/test_client.h"
#include "base/status.h"
#include "base/temporary_directory.h"
#include "cluster/engine/manager_context.h"
#include "events/event_log.h"
#include "mexosagent.grpc.pb.h"
#include "net/origin_policy.h"
#include "nginx/reconcile/instances.h"
#include "store/sealer.h"
#include "store/sqlite_store.h"

namespace mex::api {

inline constexpr char kToken[] = "0123456789abcdef0123456789abcdef";

// The whole API over real sockets and a real store; no OpenStack, no proxy port.
class ApiServerTest : public ::testing::Test {
 protected:
  void SetUp() override { start({.token = base::Secret(kToken)}); }

  void start(access::AccessPolicy::Options access) {
    server_.reset();
    clusters_.reset();
    routes_.reset();
    if (store_ == nullptr) store_ = *store::open_sqlite_store(directory_.path() + "/state");
    events_ = *events::EventLog::open(*store_, base::system_clock());
    cluster::ManagerContext setup;
    setup.store = store_;
    setup.sealer = std::make_shared<const store::Sealer>(
        *store::Sealer::open(store::sealing_key_path(directory_.path() + "/state")));
    setup.clock = &base::system_clock();
    setup.cloud_problem = absl::FailedPreconditionError("no OpenStack is configured: OS_AUTH_URL");
    clusters_ = *cluster::Manager::open(std::move(setup));
    routes_ =
        std::make_unique<routing::ProxyRoutes>(*store_, nullptr, policy_, base::system_clock());
    host_routes_ = routing::HostRoutes::open(*store_).value();
    ASSERT_TRUE(routes_->restore().ok());
    nginx::InstancesContext nginx;
    nginx.store = store_.get();
    nginx.policy = &policy_;
    nginx.clock = &base::system_clock();
    nginx.no_runtime = absl::FailedPreconditionError("there is no nginx on this machine");
    nginx_ = std::make_unique<nginx::Instances>(std::move(nginx));
    auto server = ApiServer::create({.grpc = net::Address::loopback(0),
                                     .rest = net::Address::loopback(0),
                                     .cloud = cloud_,
                                     .clusters = *clusters_,
                                     .routes = *routes_,
                                     .host_routes = *host_routes_,
                                     .nginx = *nginx_,
                                     .events = *events_,
                                     .store = *store_,
                                     .certificates = certificates_,
                                     .access = std::move(access),
                                     .readiness = [this] { return parts_; },
                                     .version = "9.9.9"});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  RawReply post(std::string_view path, std::string_view body, std::string_view headers = "") {
    return request(server_->rest_address(), "POST", path, body, headers);
  }
  RawReply get(std::string_view path, std::string_view headers = "") {
    return request(server_->rest_address(), "GET", path, "", headers);
  }
  std::unique_ptr<::api::MexOSAgent::Stub> stub() {
    return ::api::MexOSAgent::NewStub(
        grpc::CreateChannel(server_->grpc_address().text(), grpc::InsecureChannelCredentials()));
  }

  base::TemporaryDirectory directory_;
  net::OriginPolicy policy_;
  std::vector<ReadinessPart> parts_{{"store", absl::OkStatus()}};
  std::shared_ptr<store::Store> store_;
  std::unique_ptr<events::EventLog> events_;
  const openstack::CloudMonitor cloud_{
      absl::FailedPreconditionError("no OpenStack is configured: OS_AUTH_URL")};
  std::unique_ptr<cluster::Manager> clusters_;
  std::unique_ptr<routing::ProxyRoutes> routes_;
  std::unique_ptr<routing::HostRoutes> host_routes_;
  std::unique_ptr<nginx::Instances> nginx_;
  certificates::CertificateInventory* certificates_ = nullptr;
  std::unique_ptr<ApiServer> server_;
};

}  // namespace mex::api
