#pragma once

#include <string>

#include "base/record.h"

// What a cluster uses of the cloud and does not own, by id. Names are looked up once; afterwards a
// name may come to mean something else, or nothing. Images and Nova flavors are the nodes'
// (NodeSpec).
namespace mex::cluster {

struct CloudReference {
  std::string id;    // empty: not chosen
  std::string name;  // as it was called then: for people alone

  bool operator==(const CloudReference&) const = default;
};

constexpr auto fields_of(const CloudReference*) {
  using T = CloudReference;
  return base::fields(base::field("id", &T::id), base::field("name", &T::name));
}

struct CloudReferences {
  CloudReference network;           // that the nodes are on, unless it is the cluster's own
  CloudReference subnet;            // of that network: all ports have their address in it
  CloudReference router;            // an existing one that the cluster's subnet is attached to
  CloudReference external_network;  // of the cluster's own router
  // Its id is the key's fingerprint: Nova knows key pairs by their names. Where the specification
  // has another name, a change has given that, and no operation has looked it up yet.
  CloudReference key_pair;

  bool operator==(const CloudReferences&) const = default;
};

constexpr auto fields_of(const CloudReferences*) {
  using T = CloudReferences;
  return base::fields(base::optional_field("network", &T::network),
                      base::optional_field("subnet", &T::subnet),
                      base::optional_field("router", &T::router),
                      base::optional_field("external_network", &T::external_network),
                      base::optional_field("key_pair", &T::key_pair));
}

// "debian-12 (0a1b…)", or the one of the two that there is.
std::string to_string(const CloudReference& reference);

// `references` has what `found` has besides its own.
void keep(CloudReferences& references, const CloudReferences& found);

}  // namespace mex::cluster
