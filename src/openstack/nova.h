#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/user_data_limit.h"
#include "openstack/call_context.h"
#include "openstack/microversion.h"
#include "openstack/neutron_types.h"

namespace mex::openstack {

class Session;
struct ApiAnswer;
struct ApiCall;
struct Listing;

struct ServerAddress {
  std::string network_name;
  std::string address;
  std::string mac_address;
};

struct Server {
  std::string id;
  std::string name;
  std::string description;
  std::string status;      // "BUILD", "ACTIVE", "ERROR", "DELETED", … as Nova says it
  std::string task_state;  // "scheduling", "spawning", …; "" = nothing under way
  // Nova's reason for ERROR, in one line. Lists often lack it (a server that no host took has its
  // fault in another of Nova's databases): get_server has it.
  std::string fault;
  std::string image_id;
  std::string flavor_name;
  std::string availability_zone;
  std::string host_id;  // stands for its host, another value in each project; "" = none is chosen
  std::string created;  // RFC 3339
  std::string updated;
  std::vector<ServerAddress> addresses;
  std::map<std::string, std::string> metadata;
  std::vector<std::string> tags;
  // At this microversion servers have no description and no tags.
  bool is_undescribed = false;
};

// Its cell is down: it is there, and Nova knows nothing of it but the id (Nova's API guide, "down
// cells"). That it has no name, mark or state then means nothing.
bool is_in_down_cell(const Server& server);

// What a server was made of. An image is "" where the server boots from a volume.
struct ServerSource {
  std::string id;  // the server's
  std::string image_id;
  std::string flavor_id;
};

// The volume that a server boots from; Nova deletes it with the server.
struct RootVolume {
  std::int64_t size_gib = 0;
  std::string type;  // Cinder's; "" = its default
  std::string id{};  // one that is there; "" = Nova makes it of the server's image
};

struct NewServer {
  std::string name;
  std::string description;
  std::string image_id;
  std::string flavor_id;
  std::vector<std::string> port_ids;  // interfaces in this order
  bool config_drive = false;
  std::map<std::string, std::string> metadata;  // at most 255 bytes each, keys and values
  std::string user_data;          // plain bytes: base64 is made here; see kMaxUserDataBytes
  std::string key_name;           // "" = none
  std::string availability_zone;  // "" = Nova's choice
  std::string server_group_id;    // "" = none
  std::optional<RootVolume> root_volume{};  // nothing: a disk of the compute host
  std::vector<std::string> tags;  // at most 50, of at most 60 characters, without '/' and ','
};

// What base64 leaves of Nova's limit for the text itself.
inline constexpr std::size_t kMaxUserDataBytes = base::kMaxUserDataBase64 / 4 * 3;

// Servers that Nova's scheduler places with respect to each other. A group has no tags and no
// description.
struct ServerGroup {
  std::string id;
  std::string name;
  std::string policy;  // "anti-affinity", "soft-anti-affinity", …
};

struct NewServerGroup {
  std::string name;
  std::string policy;
};

// What a list of servers is narrowed to; an empty member does not narrow.
struct ServerFilter {
  std::string name;               // exactly
  std::vector<std::string> tags;  // all of them
};

struct Flavor {
  std::string id;
  std::string name;
  std::int64_t vcpus = 0;
  std::int64_t ram_mib = 0;
  std::int64_t disk_gib = 0;
};

struct ComputeQuotas {
  Quota instances;
  Quota cores;
  Quota ram_mib;
  Quota server_groups;
  std::int64_t server_group_members = -1;  // of one group; -1 = unlimited
  std::int64_t max_server_metadata = -1;   // items per server; -1 = unlimited
};

struct AvailabilityZone {
  std::string name;
  bool available = false;
};

// Nova, API v2.1. Each call is made at the microversion that it needs, or the cloud's highest where
// that is lower: what is lost then is said in the log. Thread-safe. Lists are whole. Errors as in
// error.h.
class Nova {
 public:
  // `session` outlives this object.
  explicit Nova(Session& session);

  // Asks for a server and returns its id; the server is built after that.
  absl::StatusOr<std::string> create_server(const NewServer& server, const CallContext& context);
  absl::StatusOr<std::vector<Server>> list_servers(const ServerFilter& filter,
                                                   const CallContext& context);
  absl::StatusOr<Server> get_server(const std::string& id, const CallContext& context);
  absl::StatusOr<std::vector<ServerSource>> list_server_sources(const ServerFilter& filter,
                                                                const CallContext& context);
  // The last lines of what the server wrote to its console, at most `lines`; "" if it has none.
  absl::StatusOr<std::string> console_output(const std::string& id, int lines,
                                             const CallContext& context);
  // Makes `tags` the server's only tags; see NewServer.
  absl::Status replace_server_tags(const std::string& id, const std::vector<std::string>& tags,
                                   const CallContext& context);
  // Starts the deletion; success if the server is not there.
  absl::Status delete_server(const std::string& id, const CallContext& context);

  absl::StatusOr<std::string> create_server_group(const NewServerGroup& group,
                                                  const CallContext& context);
  // All of the project.
  absl::StatusOr<std::vector<ServerGroup>> list_server_groups(const CallContext& context);
  absl::StatusOr<ServerGroup> get_server_group(const std::string& id, const CallContext& context);
  // Success if the group is not there. Servers in it stay.
  absl::Status delete_server_group(const std::string& id, const CallContext& context);

  // Of the user's key pair of that name, as Nova writes it. NotFound.
  absl::StatusOr<std::string> key_fingerprint(const std::string& name, const CallContext& context);

  absl::StatusOr<std::vector<Flavor>> list_flavors(const CallContext& context);
  // By name, or by id where no flavor has that name.
  absl::StatusOr<Flavor> find_flavor(const std::string& name_or_id, const CallContext& context);
  // The flavor of that id alone. NotFound.
  absl::StatusOr<Flavor> get_flavor(const std::string& id, const CallContext& context);

  absl::StatusOr<ComputeQuotas> quotas(const CallContext& context);
  absl::StatusOr<std::vector<AvailabilityZone>> list_availability_zones(const CallContext& context);

 private:
  using Take = std::function<absl::Status(const nlohmann::json&)>;

  bool has(Microversion version, const CallContext& context);
  std::string version_for(Microversion wanted, const CallContext& context);
  ApiCall at(ApiCall call, const CallContext& context,
             Microversion wanted = kTakesTagsWithTheServer);
  absl::StatusOr<ApiAnswer> ask(const ApiCall& call, const CallContext& context,
                                Microversion wanted = kTakesTagsWithTheServer);
  absl::Status list(Listing listing, const CallContext& context, const Take& take,
                    Microversion wanted = kTakesTagsWithTheServer);

  Session& session_;
  ComputeVersion version_;
};

}  // namespace mex::openstack
