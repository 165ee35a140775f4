#pragma once

#include <string>

namespace mex::nginx {

// A client that HTTP basic authentication lets in.
struct User {
  std::string name;
  std::string password_hash;
  std::string file = {};  // the htpasswd file that names the user; empty: the API made the user

  bool operator==(const User&) const = default;
};

}  // namespace mex::nginx
