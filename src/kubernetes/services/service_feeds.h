#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kubernetes/services/object_feed.h"
#include "kubernetes/services/service_objects.h"

// What is followed to know where a service's requests go. An object that a path should not have
// makes the whole answer void. What is there is not believed to be gone because a list lacks it: a
// second list has to say the same.
namespace mex::kubernetes {

// One service.
class ServiceFeed final : public ObjectFeed {
 public:
  ServiceFeed(std::string name_space, std::string name, const Limits& limits);

  // Nothing if there is none; see has_list().
  const std::optional<Service>& service() const { return service_; }

 private:
  absl::Status replace_all(const std::vector<nlohmann::json>& objects) override;
  absl::Status put(const nlohmann::json& object) override;
  absl::Status erase(const nlohmann::json& object) override;
  void clear() override { service_.reset(); }

  const std::string name_space_;
  const std::string name_;
  std::optional<Service> service_;
  bool is_doubted_ = false;
};

// The endpoint slices of one service: of discovery.k8s.io/v1, of v1beta1 where the server does not
// know that, else made of its Endpoints.
class SliceFeed final : public ObjectFeed {
 public:
  SliceFeed(std::string name_space, std::string service, const Limits& limits);

  // Each with its ports.
  std::vector<EndpointSlice> slices() const;

 private:
  using Slices = std::vector<EndpointSlice>;  // of one object

  absl::Status replace_all(const std::vector<nlohmann::json>& objects) override;
  absl::Status put(const nlohmann::json& object) override;
  absl::Status erase(const nlohmann::json& object) override;
  void clear() override { by_name_.clear(); }
  bool find_other_path(const absl::Status& status, std::string& path, std::string& query) override;
  bool is_of_endpoints() const;
  absl::Status check_owner(const nlohmann::json& object) const;
  absl::StatusOr<Slices> read(const nlohmann::json& object) const;

  const std::string name_space_;
  const std::string service_;
  std::map<std::string, Slices> by_name_;
  std::size_t source_ = 0;  // which of the paths
  int sources_refused_ = 0;
  int times_not_found_ = 0;  // in a row, by a server that had it
  bool is_doubted_ = false;
};

// The nodes of a cluster.
class NodeFeed final : public ObjectFeed {
 public:
  explicit NodeFeed(const Limits& limits);

  const std::map<std::string, ServiceNode>& nodes() const { return nodes_; }

 private:
  absl::Status replace_all(const std::vector<nlohmann::json>& objects) override;
  absl::Status put(const nlohmann::json& object) override;
  absl::Status erase(const nlohmann::json& object) override;
  void clear() override { nodes_.clear(); }

  std::map<std::string, ServiceNode> nodes_;
  bool is_doubted_ = false;
};

}  // namespace mex::kubernetes
