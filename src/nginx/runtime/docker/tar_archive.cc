#include "nginx/runtime/docker/tar_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace mex::nginx {
namespace {

// POSIX.1-2017, pax, "ustar Interchange Format".
constexpr std::size_t kBlock = 512;
constexpr std::size_t kNameField = 100;
constexpr std::size_t kChecksumOffset = 148;
constexpr char kFile = '0';
constexpr char kLink = '2';
constexpr char kDirectoryType = '5';

}  // namespace

void TarArchive::add_header(const Entry& entry) {
  MEX_CHECK(
      !entry.name.empty() && entry.name.size() <= kNameField && entry.target.size() <= kNameField,
      "names in archives are ours and short");
  std::string header(entry.name);
  header.resize(kNameField, '\0');
  header += fmt::format("{:07o}", entry.mode) + '\0';
  header += std::string(
      "0000000\0"
      "0000000\0",
      16);  // owner and group
  header += fmt::format("{:011o}", entry.size) + '\0';
  header += fmt::format("{:011o}", 0) + '\0';  // time
  header += std::string(8, ' ');               // the checksum counts as blanks
  header += entry.type;
  header += entry.target;
  header.resize(257, '\0');
  header += std::string("ustar\0", 6) + "00";
  header.resize(kBlock, '\0');
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  header.replace(kChecksumOffset, 8, fmt::format("{:06o}", sum) + '\0' + ' ');
  bytes_ += header;
}

void TarArchive::add_file(std::string_view name, std::string_view content, mode_t mode) {
  add_header({.name = name, .size = content.size(), .mode = mode, .type = kFile, .target = ""});
  bytes_ += content;
  bytes_.resize((bytes_.size() + kBlock - 1) / kBlock * kBlock, '\0');
}

void TarArchive::add_directory(std::string_view name, mode_t mode) {
  add_header({.name = name, .size = 0, .mode = mode, .type = kDirectoryType, .target = ""});
}

void TarArchive::add_link(std::string_view name, std::string_view target) {
  add_header({.name = name, .size = 0, .mode = 0777, .type = kLink, .target = target});
}

std::string TarArchive::finish() && {
  bytes_.append(2 * kBlock, '\0');
  return std::move(bytes_);
}

}  // namespace mex::nginx
