#include "routing/kernel_routes.h"

#include <fmt/format.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netlink/cache.h>
#include <netlink/errno.h>
#include <netlink/netlink.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/freed.h"
#include "base/mutex.h"
#include "base/status.h"

namespace mex::routing {
namespace {

// The mark of our routes (rtnetlink(7), rtm_protocol); a number that no routing daemon uses.
constexpr std::uint8_t kOurProtocol = 109;

using SocketPtr = std::unique_ptr<nl_sock, base::Freed<nl_socket_free>>;
using AddressPtr = std::unique_ptr<nl_addr, base::Freed<nl_addr_put>>;
using RoutePtr = std::unique_ptr<rtnl_route, base::Freed<rtnl_route_put>>;
using CachePtr = std::unique_ptr<nl_cache, base::Freed<nl_cache_free>>;

using AddressText = std::array<char, 64>;

std::string text_of(const nl_addr* address) {
  AddressText text{};
  return nl_addr2str(address, text.data(), text.size());
}

std::string device_name(int index) {
  std::array<char, IF_NAMESIZE> name{};
  const bool is_known = index > 0 && if_indextoname(static_cast<unsigned>(index), name.data());
  return is_known ? name.data() : "";
}

// In the form of normalized(): with its length, which libnl leaves out for a whole address.
std::string subnet_of(const nl_addr* destination) {
  const unsigned length = nl_addr_get_prefixlen(destination);
  if (length == 0) return "default";
  std::string text = text_of(destination);
  if (text.find('/') == std::string::npos) text += fmt::format("/{}", length);
  return text;
}

std::string protocol_name(std::uint8_t protocol) {
  switch (protocol) {
    case RTPROT_KERNEL:
      return "kernel";
    case RTPROT_BOOT:
      return "";  // what a person typed; ip(8) leaves it out as well
    case RTPROT_STATIC:
      return "static";
    case RTPROT_RA:
      return "ra";
    case RTPROT_DHCP:
      return "dhcp";
    case kOurProtocol:
      return "mexosagent";
    default:
      return std::to_string(protocol);
  }
}

std::string line_of(rtnl_route* route, const HostRoute& shown) {
  std::string line = to_string(shown);
  const std::string protocol = protocol_name(rtnl_route_get_protocol(route));
  if (!protocol.empty()) line += " proto " + protocol;
  const bool is_ipv4 = rtnl_route_get_family(route) == AF_INET;
  if (is_ipv4 && rtnl_route_get_scope(route) == RT_SCOPE_LINK) line += " scope link";
  if (const nl_addr* source = rtnl_route_get_pref_src(route)) {
    line += " src " + text_of(source);
  }
  const std::uint32_t metric = rtnl_route_get_priority(route);
  if (metric != 0) line += fmt::format(" metric {}", metric);
  return line;
}

KernelRoute to_kernel_route(rtnl_route* route) {
  KernelRoute result;
  result.route.subnet = subnet_of(rtnl_route_get_dst(route));
  // Of several next hops the first; those are never routes of ours.
  if (rtnl_nexthop* hop = rtnl_route_nexthop_n(route, 0)) {
    if (const nl_addr* gateway = rtnl_route_nh_get_gateway(hop)) {
      result.route.gateway = text_of(gateway);
    }
    result.route.device = device_name(rtnl_route_nh_get_ifindex(hop));
  }
  result.is_ours = rtnl_route_get_protocol(route) == kOurProtocol;
  result.text = line_of(route, result.route);
  return result;
}

// True if a packet for the subnet goes where `wanted` says.
bool leads_the_same_way(const HostRoute& present, const HostRoute& wanted) {
  return present.gateway == wanted.gateway &&
         (wanted.device.empty() || present.device == wanted.device);
}

absl::Status refused(int error_number, const HostRoute& route) {
  const std::string what = to_string(route);
  switch (error_number) {
    case EPERM:
    case EACCES:
      return base::error(absl::StatusCode::kPermissionDenied,
                         "{}: routes of the host are changed with CAP_NET_ADMIN only", what);
    case ENETUNREACH:
    case EHOSTUNREACH:
      return base::error(absl::StatusCode::kFailedPrecondition,
                         "{}: the gateway is on no network of this host", what);
    case EINVAL:
      return base::error(absl::StatusCode::kFailedPrecondition,
                         "{}: the kernel takes this gateway for no neighbour (Invalid argument)",
                         what);
    case ENETDOWN:
      return base::error(absl::StatusCode::kFailedPrecondition, "{}: the interface is down", what);
    default:
      return base::errno_status(error_number, what);
  }
}

absl::Status out_of_memory() { return absl::ResourceExhaustedError("netlink: out of memory"); }

// libnl folds the kernel's errors into its few codes; this keeps the kernel's.
int keep_errno(sockaddr_nl* /*sender*/, nlmsgerr* error, void* into) {
  *static_cast<int*>(into) = -error->error;
  return -nl_syserr2nlerr(error->error);
}

absl::StatusOr<SocketPtr> connect() {
  SocketPtr socket(nl_socket_alloc());
  if (socket == nullptr) return out_of_memory();
  if (const int error = nl_connect(socket.get(), NETLINK_ROUTE); error < 0) {
    return base::error(absl::StatusCode::kUnavailable, "netlink: {}", nl_geterror(error));
  }
  return socket;
}

}  // namespace

bool is_active(const HostRoute& wanted, const std::vector<KernelRoute>& routes) {
  return std::any_of(routes.begin(), routes.end(), [&](const KernelRoute& present) {
    return present.route.subnet == wanted.subnet && leads_the_same_way(present.route, wanted);
  });
}

class KernelRoutes::Impl {
 public:
  explicit Impl(SocketPtr socket) : socket_(std::move(socket)) {
    nl_socket_modify_err_cb(socket_.get(), NL_CB_CUSTOM, keep_errno, &errno_);
  }

  absl::Status add(const HostRoute& route);
  absl::Status remove(const HostRoute& route);
  absl::StatusOr<std::vector<KernelRoute>> list();

 private:
  using Change = int (*)(nl_sock*, rtnl_route*, int flags);
  absl::StatusOr<std::vector<KernelRoute>> list_locked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<RoutePtr> make(const HostRoute& route) const;
  absl::Status change(Change function, const HostRoute& route, int flags)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  base::Mutex mutex_;
  const SocketPtr socket_;
  int errno_ ABSL_GUARDED_BY(mutex_) = 0;  // written by keep_errno while a call is under way
};

absl::StatusOr<RoutePtr> KernelRoutes::Impl::make(const HostRoute& route) const {
  RoutePtr made(rtnl_route_alloc());
  nl_addr* parsed = nullptr;
  if (made == nullptr || nl_addr_parse(route.subnet.c_str(), AF_UNSPEC, &parsed) < 0) {
    return out_of_memory();
  }
  const AddressPtr destination(parsed);
  rtnl_route_set_family(made.get(), static_cast<std::uint8_t>(nl_addr_get_family(parsed)));
  rtnl_route_set_dst(made.get(), parsed);
  rtnl_route_set_table(made.get(), RT_TABLE_MAIN);
  rtnl_route_set_protocol(made.get(), kOurProtocol);
  rtnl_route_set_type(made.get(), RTN_UNICAST);
  rtnl_route_set_scope(made.get(), route.gateway.empty() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  if (hop == nullptr) return out_of_memory();
  rtnl_route_add_nexthop(made.get(), hop);  // and owns it
  if (!route.device.empty()) {
    const unsigned index = if_nametoindex(route.device.c_str());
    if (index == 0) {
      return base::error(absl::StatusCode::kNotFound, "{}: there is no interface {}",
                         to_string(route), route.device);
    }
    rtnl_route_nh_set_ifindex(hop, static_cast<int>(index));
  }
  if (!route.gateway.empty()) {
    if (nl_addr_parse(route.gateway.c_str(), AF_UNSPEC, &parsed) < 0) return out_of_memory();
    const AddressPtr gateway(parsed);
    rtnl_route_nh_set_gateway(hop, parsed);
  }
  return made;
}

absl::Status KernelRoutes::Impl::change(Change function, const HostRoute& route, int flags) {
  MEX_ASSIGN_OR_RETURN(const RoutePtr made, make(route));
  errno_ = 0;
  const int error = function(socket_.get(), made.get(), flags);
  if (error >= 0) return absl::OkStatus();
  if (errno_ != 0) return refused(errno_, route);
  return base::error(absl::StatusCode::kUnavailable, "{}: netlink: {}", to_string(route),
                     nl_geterror(error));
}

absl::StatusOr<std::vector<KernelRoute>> KernelRoutes::Impl::list_locked() {
  nl_cache* filled = nullptr;
  if (const int error = rtnl_route_alloc_cache(socket_.get(), AF_UNSPEC, 0, &filled); error < 0) {
    return base::error(absl::StatusCode::kUnavailable, "netlink: {}", nl_geterror(error));
  }
  const CachePtr cache(filled);
  std::vector<KernelRoute> ipv4;
  std::vector<KernelRoute> ipv6;
  for (nl_object* object = nl_cache_get_first(filled); object != nullptr;
       object = nl_cache_get_next(object)) {
    auto* route = reinterpret_cast<rtnl_route*>(object);
    const bool is_listed =
        rtnl_route_get_table(route) == RT_TABLE_MAIN && rtnl_route_get_type(route) == RTN_UNICAST;
    if (!is_listed) continue;
    (rtnl_route_get_family(route) == AF_INET ? ipv4 : ipv6).push_back(to_kernel_route(route));
  }
  ipv4.insert(ipv4.end(), std::make_move_iterator(ipv6.begin()),
              std::make_move_iterator(ipv6.end()));
  return ipv4;
}

absl::StatusOr<std::vector<KernelRoute>> KernelRoutes::Impl::list() {
  const base::MutexLock lock(mutex_);
  return list_locked();
}

absl::Status KernelRoutes::Impl::add(const HostRoute& route) {
  const base::MutexLock lock(mutex_);
  MEX_ASSIGN_OR_RETURN(const std::vector<KernelRoute> present, list_locked());
  if (is_active(route, present)) return absl::OkStatus();
  for (const KernelRoute& other : present) {
    if (other.route.subnet != route.subnet) continue;
    if (!other.is_ours) {
      return base::error(absl::StatusCode::kAlreadyExists,
                         "{}: the host has another route there: {}", to_string(route), other.text);
    }
    // Not replaced in one call: IPv6 would add a second next hop.
    MEX_RETURN_IF_ERROR(change(rtnl_route_delete, other.route, 0));
  }
  return change(rtnl_route_add, route, NLM_F_EXCL);
}

absl::Status KernelRoutes::Impl::remove(const HostRoute& route) {
  const base::MutexLock lock(mutex_);
  MEX_ASSIGN_OR_RETURN(const std::vector<KernelRoute> present, list_locked());
  for (const KernelRoute& other : present) {
    if (!other.is_ours || other.route.subnet != route.subnet) continue;
    MEX_RETURN_IF_ERROR(change(rtnl_route_delete, other.route, 0));
  }
  return absl::OkStatus();
}

KernelRoutes::KernelRoutes(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KernelRoutes::~KernelRoutes() = default;

absl::StatusOr<std::unique_ptr<KernelRoutes>> KernelRoutes::open() {
  MEX_ASSIGN_OR_RETURN(SocketPtr socket, connect());
  return std::unique_ptr<KernelRoutes>(new KernelRoutes(std::make_unique<Impl>(std::move(socket))));
}

absl::Status KernelRoutes::add(const HostRoute& route) { return impl_->add(route); }
absl::Status KernelRoutes::remove(const HostRoute& route) { return impl_->remove(route); }
absl::StatusOr<std::vector<KernelRoute>> KernelRoutes::list() { return impl_->list(); }

}  // namespace mex::routing
