#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

namespace mex::nginx {

// A tar archive (POSIX ustar) that is put together: how files go into a container. All of it
// belongs to root.
class TarArchive {
 public:
  // `name` has no slash in front, at most 100 bytes, and was not added before.
  void add_file(std::string_view name, std::string_view content, mode_t mode);
  void add_directory(std::string_view name, mode_t mode);
  // A symbolic link; `target` has at most 100 bytes.
  void add_link(std::string_view name, std::string_view target);

  // The whole archive; nothing is added after it.
  std::string finish() &&;

 private:
  struct Entry {
    std::string_view name;
    std::size_t size = 0;
    mode_t mode = 0;
    char type = '\0';
    std::string_view target;
  };
  void add_header(const Entry& entry);

  std::string bytes_;
};

}  // namespace mex::nginx
