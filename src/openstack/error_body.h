#pragma once

#include <string>
#include <string_view>

namespace mex::openstack {

// What an error answer says: the service's own type of error, if it has one, and its words in one
// line of at most 400 bytes.
struct ErrorBody {
  std::string type;
  std::string message;
};

// Understands
//   Nova      {"badRequest": {"code": 400, "message": "…"}}
//   Neutron   {"NeutronError": {"type": "…", "message": "…", "detail": "…"}}
//   Keystone  {"error": {"code": 401, "title": "…", "message": "…"}}
//   versions  {"errors": [{"title": "…", "detail": "…"}]}
//   Glance    {"message": "…"} or HTML
// and takes anything else as text.
ErrorBody read_error_body(std::string_view body);

}  // namespace mex::openstack
