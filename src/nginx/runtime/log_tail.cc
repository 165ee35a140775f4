#include "nginx/runtime/log_tail.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/descriptor.h"

namespace mex::nginx {
namespace {

constexpr off_t kMaxRead = off_t{64} << 10U;
constexpr off_t kMaxLines = off_t{1} << 20U;
constexpr off_t kMaxErrorLog = off_t{8} << 20U;
constexpr off_t kMaxSessionLog = off_t{4} << 20U;

// A log may lie in a directory that nginx's user can write: what is no file there, or a link to a
// file of the agent's, is not opened.
base::Descriptor open_log(const std::string& path, int flags) {
  base::Descriptor file(open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info {};
  const bool is_file =
      file.valid() && fstat(file.get(), &info) == 0 && S_ISREG(info.st_mode) && info.st_nlink == 1;
  return is_file ? std::move(file) : base::Descriptor();
}

std::string read_between(const std::string& path, off_t begin, off_t end) {
  const base::Descriptor file = open_log(path, O_RDONLY);
  std::string text;
  if (!file.valid()) return text;
  std::array<char, 16384> chunk{};
  while (begin < end) {
    const auto want = std::min(chunk.size(), static_cast<std::size_t>(end - begin));
    const ssize_t got = pread(file.get(), chunk.data(), want, begin);
    if (got <= 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(got));
    begin += got;
  }
  return text;
}

// "2026/11/22 23:55:44 [emerg] 1#1: bind() to …" and "nginx: [emerg] bind() to …" say the same.
std::string_view without_origin(std::string_view line) {
  const std::size_t mark = line.find("] ");
  if (line.find('[') > 24 || mark == std::string_view::npos) return line;
  line.remove_prefix(mark + 2);
  const std::size_t number = line.find_first_not_of("0123456789#");
  if (number != 0 && number != std::string_view::npos && line.substr(number, 2) == ": ") {
    line.remove_prefix(number + 2);
  }
  return line;
}

}  // namespace

off_t size_of(const std::string& path) {
  struct stat info {};
  return lstat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) ? info.st_size : 0;
}

std::string read_from(const std::string& path, off_t begin) {
  const off_t end = size_of(path);
  return read_between(path, std::max(begin, end - kMaxRead), end);
}

std::string last_error_line(std::string_view said) {
  std::string_view last;
  std::string_view emergency;
  while (!said.empty()) {
    const std::size_t end = said.find('\n');
    const std::string_view line = said.substr(0, end);
    if (!line.empty()) last = line;
    // "still could not bind()" follows a line that has the reason.
    const bool has_reason = line.find("still could not") == std::string_view::npos;
    if (line.find("[emerg]") != std::string_view::npos && has_reason) emergency = line;
    if (end == std::string_view::npos) break;
    said.remove_prefix(end + 1);
  }
  return std::string(without_origin(emergency.empty() ? last : emergency));
}

bool rotate(const std::string& path) {
  return size_of(path) > kMaxErrorLog && std::rename(path.c_str(), (path + ".1").c_str()) == 0;
}

std::vector<std::string> take_lines(const std::string& path, off_t& read) {
  const off_t size = size_of(path);
  if (size < read) read = 0;  // the file was emptied
  std::string text = read_between(path, read, std::min(size, read + kMaxLines));
  const std::size_t whole = text.rfind('\n');
  text.resize(whole == std::string::npos ? 0 : whole + 1);
  read += static_cast<off_t>(text.size());
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  if (read == size_of(path) && read > kMaxSessionLog) {
    const base::Descriptor file = open_log(path, O_WRONLY);
    if (file.valid() && ftruncate(file.get(), 0) == 0) read = 0;
  }
  return lines;
}

}  // namespace mex::nginx
