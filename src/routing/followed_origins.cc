#include "routing/followed_origins.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/log.h"
#include "base/status.h"
#include "proxy/balance/hash.h"

namespace mex::routing {
namespace {

using kubernetes::ServiceEndpoints;
using proxy::ObservedOrigin;
using proxy::OriginCondition;
using proxy::balance::OriginOptions;
using proxy::balance::OriginSetOptions;
using proxy::route::OriginSet;
using proxy::route::Route;

// What weights are multiplied with, so that they can be shared by most numbers of endpoints.
constexpr int kWeightUnit = 840;
constexpr std::size_t kEndpointIdLength = 12;

// What stands for an endpoint in cookies: the same on every agent and after every start, and it
// says nothing of the address to who does not know the id of the origin.
std::string id_of(const std::string& origin_id, const std::string& url) {
  const std::string text = origin_id + " " + url;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &length, EVP_sha256(), nullptr);
  std::string id;
  for (std::size_t i = 0; id.size() < kEndpointIdLength; ++i)
    id += fmt::format("{:02x}", digest.at(i));
  return id;
}

std::string url_of(const FollowedService& service, const std::string& address) {
  return fmt::format("http://{}{}", address, service.origin.base);
}

std::vector<std::string> urls_of(const FollowedService& service, std::size_t max) {
  std::vector<std::string> urls;
  for (const std::string& address : service.endpoints.addresses) {
    urls.push_back(url_of(service, address));
  }
  if (urls.size() <= max) return urls;
  // By a number that each has for itself: one that comes or goes moves one other at most.
  std::sort(urls.begin(), urls.end(), [](const std::string& a, const std::string& b) {
    return proxy::balance::hash_of(a) < proxy::balance::hash_of(b);
  });
  urls.resize(max);
  std::sort(urls.begin(), urls.end());
  return urls;
}

OriginCondition condition_of(ServiceEndpoints::State state) {
  switch (state) {
    case ServiceEndpoints::State::Waiting:
      return OriginCondition::Waiting;
    case ServiceEndpoints::State::Stale:
      return OriginCondition::Stale;
    case ServiceEndpoints::State::Unavailable:
      return OriginCondition::Unavailable;
    case ServiceEndpoints::State::Current:
      break;
  }
  return OriginCondition::Healthy;
}

void add_numbers(const ObservedOrigin& endpoint, ObservedOrigin& sum) {
  sum.requests_under_way += endpoint.requests_under_way;
  sum.requests += endpoint.requests;
  sum.failures += endpoint.failures;
  sum.server_errors += endpoint.server_errors;
  sum.ejections += endpoint.ejections;
}

}  // namespace

bool has_service_origin(const OriginSetOptions& options) {
  return std::any_of(options.origins.begin(), options.origins.end(),
                     [](const OriginOptions& origin) { return is_service_origin(origin.url); });
}

OriginSetOptions expand_origins(const OriginSetOptions& options,
                                const std::vector<const FollowedService*>& services) {
  const auto count = static_cast<std::size_t>(
      std::count_if(services.begin(), services.end(), [](auto* each) { return each != nullptr; }));
  const std::size_t others = options.origins.size() - count;
  const std::size_t room = count == 0 ? 0 : (proxy::balance::kMaxOrigins - others) / count;
  const bool is_weighted = options.origins.size() > 1;
  OriginSetOptions expanded = options;
  expanded.origins.clear();
  for (std::size_t i = 0; i < options.origins.size(); ++i) {
    const OriginOptions& origin = options.origins[i];
    const int weight = origin.weight * (is_weighted ? kWeightUnit : 1);
    if (services[i] == nullptr) {
      expanded.origins.push_back({origin.url, weight, origin.id});
      continue;
    }
    const std::vector<std::string> urls = urls_of(*services[i], room);
    const int share = is_weighted && weight > 0
                          ? std::max(weight / std::max(static_cast<int>(urls.size()), 1), 1)
                          : weight;
    for (const std::string& url : urls) {
      // Two services, or a service and an origin, may have the same address.
      const bool is_there =
          std::any_of(expanded.origins.begin(), expanded.origins.end(),
                      [&url](const OriginOptions& each) { return each.url == url; });
      if (!is_there) expanded.origins.push_back({url, share, id_of(origin.id, url)});
    }
  }
  return expanded;
}

absl::StatusOr<std::shared_ptr<FollowedOrigins>> FollowedOrigins::create(
    const Route& alone, const OriginSetOptions& options, const FollowedOrigins* previous,
    Context context) {
  std::vector<Member> members;
  for (std::size_t i = 0; i < options.origins.size(); ++i) {
    const std::string& url = options.origins[i].url;
    Member& member = members.emplace_back();
    const std::string field = fmt::format("origins[{}].url", i);
    if (is_service_origin(url)) {
      auto origin = parse_service_origin(url);
      if (!origin.ok()) return base::field_error(field, base::message_of(origin.status()));
      member.service = std::make_unique<FollowedService>(FollowedService{*std::move(origin), {}});
    } else if (const auto parsed = http::parse_origin_url(url); !parsed.ok()) {
      return base::field_error(field, base::message_of(parsed.status()));
    }
  }
  std::shared_ptr<FollowedOrigins> made(
      new FollowedOrigins(alone, options, std::move(members), std::move(context)));
  if (previous != nullptr) {
    const base::MutexLock lock(previous->mutex_);
    const base::MutexLock own(made->mutex_);
    made->last_set_ = previous->last_set_;
  }
  made->follow();
  return made;
}

FollowedOrigins::FollowedOrigins(const Route& alone, OriginSetOptions options,
                                 std::vector<Member> members, Context context)
    : options_(std::move(options)),
      context_(std::move(context)),
      live_(std::make_shared<proxy::route::LiveOrigins>(context_.shards)),
      route_(proxy::route::with_live_origins(alone, live_)),
      members_(std::move(members)) {}

void FollowedOrigins::follow() {
  for (std::size_t i = 0; i < options_.origins.size(); ++i) {
    if (!is_service_origin(options_.origins[i].url)) continue;
    kubernetes::ServiceReference service;
    {
      const base::MutexLock lock(mutex_);
      service = members_[i].service->origin.service;
    }
    auto subscription = context_.source->follow(
        service,
        [weak = weak_from_this(), i](const ServiceEndpoints& endpoints, std::uint64_t revision) {
          if (const auto held = weak.lock()) held->update(i, endpoints, revision);
        });
    const base::MutexLock lock(mutex_);
    members_[i].subscription = std::move(subscription);
  }
  const base::MutexLock lock(mutex_);
  is_following_ = true;
  publish();
}

void FollowedOrigins::update(std::size_t index, const ServiceEndpoints& endpoints,
                             std::uint64_t revision) {
  {
    const base::MutexLock lock(mutex_);
    Member& member = members_[index];
    if (revision < member.revision) return;
    member.revision = revision;
    member.service->endpoints = endpoints;
    if (!is_following_) return;
    publish();
  }
  if (context_.on_publish) context_.on_publish();
}

std::string FollowedOrigins::why_none() const {
  std::string text;
  for (const Member& member : members_) {
    if (member.service == nullptr) continue;
    if (!text.empty()) text += "; ";
    text += member.service->endpoints.reason;
  }
  return text.empty() ? "none is known" : text;
}

void FollowedOrigins::publish() {
  std::vector<const FollowedService*> services;
  for (const Member& member : members_) services.push_back(member.service.get());
  OriginSetOptions expanded = expand_origins(options_, services);
  if (expanded.origins.empty()) {
    live_->publish({nullptr, why_none()});
    published_ = {};
    return;
  }
  if (expanded == published_) return;
  auto set = OriginSet::create(*route_, expanded, last_set_.get(), context_.clock->steady_now(),
                               context_.shards);
  if (!set.ok()) {
    log::error("the endpoints of a route cannot be used", {{"reason", set.status()}});
    return;
  }
  published_ = std::move(expanded);
  last_set_ = *set;
  live_->publish({*std::move(set), ""});
}

std::vector<ObservedOrigin> FollowedOrigins::observe() const {
  std::map<std::string, ObservedOrigin> by_url;
  if (const auto active = set()) {
    for (ObservedOrigin& each : proxy::observe(*active, *context_.clock)) {
      std::string url = each.url;
      by_url.emplace(std::move(url), std::move(each));
    }
  }
  std::vector<ObservedOrigin> all;
  const base::MutexLock lock(mutex_);
  for (std::size_t i = 0; i < members_.size(); ++i) {
    ObservedOrigin& shown = all.emplace_back();
    shown.url = options_.origins[i].url;
    const FollowedService* service = members_[i].service.get();
    if (service == nullptr) {
      if (const auto found = by_url.find(shown.url); found != by_url.end()) shown = found->second;
      continue;
    }
    shown.condition = condition_of(service->endpoints.state);
    shown.reason = service->endpoints.reason;
    for (const std::string& address : service->endpoints.addresses) {
      const auto found = by_url.find(url_of(*service, address));
      if (found == by_url.end()) continue;  // there was no room for it
      add_numbers(found->second, shown);
      shown.endpoints.push_back(found->second);
    }
    const std::size_t known = service->endpoints.addresses.size();
    if (shown.reason.empty() && shown.endpoints.size() < known) {
      shown.reason =
          fmt::format("of its {} endpoints {} get requests", known, shown.endpoints.size());
    }
  }
  return all;
}

}  // namespace mex::routing
