#include "base/launcher_protocol.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/numbers.h"
#include "base/status.h"

namespace mex::base {
namespace {

constexpr off_t kMaxText = off_t{4} << 20U;

// Texts that each end with a zero byte, which no argument and no variable can hold.
void append(std::string& to, std::string_view text) {
  to += text.substr(0, text.find('\0'));
  to += '\0';
}

void append(std::string& to, const std::vector<std::string>& texts) {
  append(to, std::to_string(texts.size()));
  for (const std::string& text : texts) append(to, text);
}

class Reader {
 public:
  explicit Reader(std::string_view text) : left_(text) {}

  std::string next() {
    const std::size_t end = left_.find('\0');
    if (end == std::string_view::npos) {
      is_good_ = false;
      return "";
    }
    std::string text(left_.substr(0, end));
    left_.remove_prefix(end + 1);
    return text;
  }
  template <typename Number>
  Number number() {
    Number value = 0;
    is_good_ = absl::SimpleAtoi(next(), &value) && is_good_;
    return value;
  }
  std::vector<std::string> list() {
    std::vector<std::string> texts;
    const auto count = number<std::uint32_t>();
    while (is_good_ && texts.size() < count) texts.push_back(next());
    return texts;
  }
  bool is_good() const { return is_good_; }
  bool is_at_end() const { return left_.empty(); }

 private:
  std::string_view left_;
  bool is_good_ = true;
};

absl::Status malformed() { return absl::InvalidArgumentError("malformed message of a launcher"); }

}  // namespace

ChildPrivileges privileges_of(const LauncherRequest& request) {
  return {.role = request.role,
          .group = request.group,
          .binds_low_ports = request.binds_low_ports != 0};
}

std::string encode_command(const ChildStart& start) {
  std::string text;
  append(text, start.program);
  append(text, start.arguments);
  append(text, start.environment);
  append(text, start.log);
  return text;
}

absl::Status decode_command(std::string_view text, ChildStart& start) {
  Reader reader(text);
  start.program = reader.next();
  start.arguments = reader.list();
  start.environment = reader.list();
  start.log = reader.next();
  const bool is_whole = reader.is_good() && reader.is_at_end() && !start.arguments.empty();
  return is_whole ? absl::OkStatus() : malformed();
}

std::string encode_groups(const std::vector<gid_t>& groups) {
  std::string text;
  for (const gid_t group : groups) append(text, std::to_string(group));
  return text;
}

absl::StatusOr<std::vector<gid_t>> decode_groups(std::string_view text) {
  std::vector<gid_t> groups;
  Reader reader(text);
  while (!reader.is_at_end()) {
    groups.push_back(reader.number<gid_t>());
    if (!reader.is_good() || !is_private_group(groups.back())) return malformed();
  }
  return groups;
}

std::string encode_list(const std::vector<ListedProcess>& processes) {
  std::string text;
  for (const ListedProcess& each : processes) {
    append(text, {std::to_string(each.process), std::to_string(each.session),
                  std::to_string(each.group), each.start_time, each.title});
  }
  return text;
}

absl::StatusOr<std::vector<ListedProcess>> decode_list(std::string_view text) {
  std::vector<ListedProcess> processes;
  Reader reader(text);
  while (!reader.is_at_end()) {
    ListedProcess each;
    if (reader.number<std::uint32_t>() != 5) return malformed();
    each.process = reader.number<pid_t>();
    each.session = reader.number<pid_t>();
    each.group = reader.number<gid_t>();
    each.start_time = reader.next();
    each.title = reader.next();
    if (!reader.is_good()) return malformed();
    processes.push_back(std::move(each));
  }
  return processes;
}

absl::StatusOr<Descriptor> text_file(std::string_view text) {
  Descriptor file(memfd_create("text", MFD_CLOEXEC));
  if (!file.valid()) return errno_status(errno, "memfd_create");
  while (!text.empty()) {
    const ssize_t count = write(file.get(), text.data(), text.size());
    if (count < 0) return errno_status(errno, "memfd");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  if (lseek(file.get(), 0, SEEK_SET) != 0) return errno_status(errno, "memfd");
  return file;
}

absl::StatusOr<std::string> read_text_file(int file) {
  struct stat info {};
  if (fstat(file, &info) != 0) return errno_status(errno, "memfd");
  if (!S_ISREG(info.st_mode) || info.st_size > kMaxText) return malformed();
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count =
        pread(file, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (count <= 0) return malformed();
    done += static_cast<std::size_t>(count);
  }
  return text;
}

}  // namespace mex::base
