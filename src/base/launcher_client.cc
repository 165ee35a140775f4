#include "base/launcher_client.h"

#include <cerrno>
#include <memory>

#include "base/message_socket.h"
#include "base/status.h"

namespace mex::base {
namespace {

std::unique_ptr<LauncherClient>& used_launcher() {
  static std::unique_ptr<LauncherClient> client;
  return client;
}

}  // namespace

void use_launcher(const std::string& socket_path) {
  used_launcher() = std::make_unique<LauncherClient>(socket_path);
}

const LauncherClient* launcher() { return used_launcher().get(); }

absl::StatusOr<Descriptor> LauncherClient::connect() const {
  absl::StatusOr<Descriptor> connection = connect_message_socket(path_);
  if (connection.ok()) return connection;
  return error(absl::StatusCode::kUnavailable, "the launcher cannot be reached: {}",
               message_of(connection.status()));
}

absl::StatusOr<LauncherAnswer> LauncherClient::call(int connection, const LauncherRequest& request,
                                                    const std::vector<int>& descriptors) const {
  MEX_RETURN_IF_ERROR(send_message(connection, &request, sizeof request, descriptors));
  LauncherAnswer answer;
  std::vector<Descriptor> none;
  MEX_RETURN_IF_ERROR(receive_message(connection, &answer, sizeof answer, none));
  return answer;
}

absl::StatusOr<LauncherClient::Started> LauncherClient::start(
    const ChildStart& start, const ChildDescriptors& descriptors) const {
  LauncherRequest request;
  request.role = start.privileges.role;
  request.group = start.privileges.group;
  request.binds_low_ports = start.privileges.binds_low_ports ? 1 : 0;
  request.is_detached = start.is_detached ? 1 : 0;
  request.max_file_size = start.max_file_size;
  MEX_ASSIGN_OR_RETURN(const Descriptor command, text_file(encode_command(start)));
  std::vector<int> sent{command.get()};
  const std::array<int, 4> given{descriptors.directory, descriptors.input, descriptors.output,
                                 descriptors.file};
  for (std::size_t i = 0; i < given.size(); ++i) {
    request.has_descriptor[i] = given[i] >= 0 ? 1 : 0;
    if (given[i] >= 0) sent.push_back(given[i]);
  }
  MEX_ASSIGN_OR_RETURN(Descriptor connection, connect());
  MEX_ASSIGN_OR_RETURN(const LauncherAnswer answer, call(connection.get(), request, sent));
  if (answer.error != 0) return errno_status(answer.error, start.program);
  return Started{answer.process, std::move(connection)};
}

absl::Status LauncherClient::signal(ChildRole role, pid_t process, int signal) const {
  LauncherRequest request;
  request.call = LauncherCall::Signal;
  request.role = role;
  request.process = process;
  request.signal = signal;
  MEX_ASSIGN_OR_RETURN(const Descriptor connection, connect());
  MEX_ASSIGN_OR_RETURN(const LauncherAnswer answer, call(connection.get(), request, {}));
  if (answer.error == 0) return absl::OkStatus();
  return errno_status(answer.error, fmt::format("process {}", process));
}

absl::StatusOr<std::vector<ListedProcess>> LauncherClient::list(
    ChildRole role, const std::vector<gid_t>& groups) const {
  LauncherRequest request;
  request.call = LauncherCall::List;
  request.role = role;
  MEX_ASSIGN_OR_RETURN(const Descriptor asked, text_file(encode_groups(groups)));
  MEX_ASSIGN_OR_RETURN(const Descriptor list, text_file(""));
  MEX_ASSIGN_OR_RETURN(const Descriptor connection, connect());
  MEX_ASSIGN_OR_RETURN(const LauncherAnswer answer,
                       call(connection.get(), request, {asked.get(), list.get()}));
  if (answer.error != 0) return errno_status(answer.error, "the launcher's list of processes");
  MEX_ASSIGN_OR_RETURN(const std::string text, read_text_file(list.get()));
  return decode_list(text);
}

}  // namespace mex::base
