#include "nginx/runtime/process/nginx_program.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/status.h"

namespace mex::nginx {
namespace {

constexpr std::array kDefaultPaths = {"/usr/sbin/nginx", "/usr/local/sbin/nginx",
                                      "/usr/local/nginx/sbin/nginx", "/usr/bin/nginx"};
constexpr std::chrono::seconds kVersionTimeout{10};

bool is_there(const char* path) { return access(path, R_OK) == 0; }

// The value of "--name=value" among the words of `built`.
std::string_view option_of(std::string_view built, std::string_view name) {
  const std::size_t begin = built.find(name);
  if (begin == std::string_view::npos) return {};
  built.remove_prefix(begin + name.size());
  return built.substr(0, built.find_first_of(" \n"));
}

// A worker needs no root rights. Without root there is nothing to give up. Its own user comes
// first: www-data may be that of other servers of the machine, too.
std::string user_directive() {
  if (geteuid() != 0) return "";
  for (const std::string& name :
       {base::account_name(base::ChildRole::Nginx), std::string("www-data"), std::string("nginx"),
        std::string("nobody")}) {
    const passwd* user = getpwnam(name.c_str());
    if (user == nullptr) continue;
    const group* own = getgrgid(user->pw_gid);
    if (own != nullptr) return fmt::format("user {} {};\n", name, own->gr_name);
  }
  return "";
}

}  // namespace

absl::StatusOr<std::string> stream_directive(std::string_view built, bool (*exists)(const char*)) {
  const std::string_view modules = option_of(built, "--modules-path=");
  if (built.find("--with-stream=dynamic") != std::string_view::npos) {
    const std::string file = fmt::format("{}/ngx_stream_module.so", modules);
    if (exists(file.c_str())) return fmt::format("load_module {};\n", file);
  } else if (built.find("--with-stream ") != std::string_view::npos ||
             built.ends_with("--with-stream")) {
    return "";
  }
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "nginx has no stream module; Debian's package libnginx-mod-stream brings it");
}

base::ChildCommand nginx_command(std::vector<std::string> arguments, std::string directory) {
  return {.arguments = std::move(arguments),
          .environment = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
          .input = "",
          .directory = std::move(directory),
          .privileges = {.role = base::ChildRole::Nginx}};
}

absl::StatusOr<NginxProgram> find_nginx() {
  for (const char* path : kDefaultPaths) {
    if (access(path, X_OK) != 0) continue;
    MEX_ASSIGN_OR_RETURN(const base::ChildOutcome finished,
                         base::run_child(nginx_command({path, "-V"}, "/"),
                                         {base::system_clock().steady_now() + kVersionTimeout}));
    MEX_ASSIGN_OR_RETURN(const std::string stream, stream_directive(finished.output, is_there));
    return NginxProgram{path, stream + user_directive()};
  }
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "there is no nginx on this machine; Debian's packages are nginx-light and "
                     "libnginx-mod-stream");
}

}  // namespace mex::nginx
