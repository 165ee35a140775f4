#include "openstack/cloud_config.h"

namespace mex::openstack {

std::string_view to_string(Interface interface) {
  switch (interface) {
    case Interface::Internal:
      return "internal";
    case Interface::Admin:
      return "admin";
    case Interface::Public:
      break;
  }
  return "public";
}

}  // namespace mex::openstack
