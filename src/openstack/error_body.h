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

// Without HTML: tags are taken out, entities read. Runs of blanks and control characters become one
// space, none at the ends; a text of over 400 bytes is cut between two UTF-8 characters.
std::string one_line(std::string_view text);

}  // namespace mex::openstack
