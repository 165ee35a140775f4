#pragma once

#include <optional>
#include <string>

#include "base/record.h"

namespace mex::cluster {

// What a change names anew. Without a name everything is made of what was chosen when the cluster
// was made.
struct NewNames {
  std::string image;                    // name or id
  std::string nova_flavor;              // name or id
  std::optional<std::string> key_pair;  // of all servers that are made from then on; "": none

  bool operator==(const NewNames&) const = default;
};

constexpr auto fields_of(const NewNames*) {
  using T = NewNames;
  return base::fields(base::optional_field("image", &T::image),
                      base::optional_field("flavor", &T::nova_flavor),
                      base::optional_field("key_pair", &T::key_pair));
}

// The change of a cluster that a caller has asked for, as it was asked: what another attempt at it
// asks for again.
struct ChangeRequest {
  std::string pool;  // to be scaled
  int count = 0;     // its nodes
  std::string node;  // to be replaced
  NewNames names;
  bool is_kept = false;  // it stays wanted if it fails, and is tried again

  bool operator==(const ChangeRequest&) const = default;
};

constexpr auto fields_of(const ChangeRequest*) {
  using T = ChangeRequest;
  return base::fields(base::optional_field("pool", &T::pool),
                      base::defaulted_field("count", &T::count),
                      base::optional_field("node", &T::node), base::field("names", &T::names),
                      base::defaulted_field("kept", &T::is_kept));
}

}  // namespace mex::cluster
