#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/descriptor.h"

namespace mex::api {

// Makes pairs of connected sockets of which one has a name that its peer can ask for: gRPC knows a
// connection by the address of its peer, and a call by that of its connection. The names are in
// Linux' abstract namespace (unix(7)), and no other process can guess or take them.
class GrpcSocketPairs {
 public:
  static absl::StatusOr<GrpcSocketPairs> open();

  struct Pair {
    base::Descriptor ours;
    base::Descriptor grpc;  // its peer has the number in its name
  };
  absl::StatusOr<Pair> make(std::uint64_t number) const;

  // The number of a connection, by its peer as gRPC writes it; nothing if it is none of a pair.
  static std::optional<std::uint64_t> number_of(std::string_view peer);

 private:
  GrpcSocketPairs(std::string prefix, base::Descriptor listener)
      : prefix_(std::move(prefix)), listener_(std::move(listener)) {}

  std::string prefix_;
  base::Descriptor listener_;
};

}  // namespace mex::api
