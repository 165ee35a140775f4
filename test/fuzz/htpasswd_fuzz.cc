// Any text as a file of users. Promises: who is accepted stands at the beginning of a line as it
// is; written anew as nginx is given them, the same users are read, and no line is left out.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "nginx/model/htpasswd.h"
#include "oracle.h"

using mex::nginx::HtpasswdContent;
using mex::nginx::parse_htpasswd;
using mex::nginx::User;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const HtpasswdContent content = parse_htpasswd(text);
  const std::string lines = "\n" + std::string(text);
  std::string rewritten;
  for (const User& user : content.users) {
    const std::string line = user.name + ":" + user.password_hash;
    require(lines.find("\n" + line) != std::string::npos, "a user is not in the file");
    rewritten += line + "\n";
  }
  const HtpasswdContent again = parse_htpasswd(rewritten);
  require(again.problems.empty(), "a user is left out when read again");
  require(again.users == content.users, "other users are read when they are written anew");
  return 0;
}
