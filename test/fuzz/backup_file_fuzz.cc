// Files that are said to be backups. Promises: whatever the bytes are, they are read as a backup or
// refused in one line that names the file; the names in one that was read lead nowhere but below
// the directories it is restored to.
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>

#include "base/status.h"
#include "base/temporary_directory.h"
#include "oracle.h"
#include "store/backup_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const mex::base::TemporaryDirectory directory;
  const std::string path = directory.path() + "/file";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  const auto backup = mex::store::read_backup_file(path);
  if (!backup.ok()) {
    const std::string message(mex::base::message_of(backup.status()));
    require(message.find(path) != std::string::npos, "a refusal names the file");
    require(message.find('\n') == std::string::npos, "a refusal is one line");
    return 0;
  }
  for (const auto& [name, kept] : backup->files) {
    require(!name.empty() && name.front() != '/', "a name is relative");
    require(("/" + name + "/").find("/../") == std::string::npos, "a name leads nowhere else");
    require((kept.mode & ~0777U) == 0, "a mode has no more than permissions");
  }
  return 0;
}
