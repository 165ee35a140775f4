#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "nginx/render/configuration.h"
#include "nginx/render/resolved_instance.h"

namespace mex::nginx {

// A file of an instance. Its name says its content where that is not nginx.conf, so a running nginx
// never finds another content under a name it knows.
struct File {
  std::string name;
  base::Secret content;
};

inline constexpr std::string_view kConfigurationFile = "nginx.conf";

struct PublishedPort {
  std::uint16_t number = 0;
  bool udp = false;
};

// Everything a runtime needs to make an instance run.
struct Deployment {
  std::string name;                      // full_name()
  std::string network;                   // a container network; empty: the host's
  std::vector<PublishedPort> published;  // on a container network
  std::vector<File> files;               // one of them is nginx.conf
  std::uint16_t status_port = 0;         // where Runtime::needs_status_port()
};

// A deployment, and what its status server will answer to GET /generation: a hash of all its
// content, so two that are equal have the same.
struct RenderedDeployment {
  Deployment deployment;
  std::string generation;
};

// All files of `instance`, whose desired half has passed check(). Pure.
RenderedDeployment render_deployment(const ResolvedInstance& instance,
                                     const RenderContext& context);

}  // namespace mex::nginx
