#include "edge/nginx/tar_archive.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace mex::edge::nginx {
namespace {

// POSIX.1-2017, pax, "ustar Interchange Format".
constexpr std::size_t kBlock = 512;
constexpr std::size_t kLongestName = 100;
constexpr std::size_t kChecksumOffset = 148;
constexpr char kFile = '0';
constexpr char kDirectory = '5';

}  // namespace

void TarArchive::add_header(std::string_view name, std::size_t size, mode_t mode, char type) {
  MEX_CHECK(!name.empty() && name.size() <= kLongestName, "names in archives are ours and short");
  std::string header(name);
  header.resize(kLongestName, '\0');
  header += fmt::format("{:07o}", mode) + '\0';
  header += std::string(
      "0000000\0"
      "0000000\0",
      16);  // owner and group
  header += fmt::format("{:011o}", size) + '\0';
  header += fmt::format("{:011o}", 0) + '\0';  // time
  header += std::string(8, ' ');               // the checksum counts as blanks
  header += type;
  header.resize(257, '\0');
  header += std::string("ustar\0", 6) + "00";
  header.resize(kBlock, '\0');
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  header.replace(kChecksumOffset, 8, fmt::format("{:06o}", sum) + '\0' + ' ');
  bytes_ += header;
}

void TarArchive::add_file(std::string_view name, std::string_view content, mode_t mode) {
  add_header(name, content.size(), mode, kFile);
  bytes_ += content;
  bytes_.resize((bytes_.size() + kBlock - 1) / kBlock * kBlock, '\0');
}

void TarArchive::add_directory(std::string_view name, mode_t mode) {
  add_header(name, 0, mode, kDirectory);
}

std::string TarArchive::finish() && {
  bytes_.append(2 * kBlock, '\0');
  return std::move(bytes_);
}

}  // namespace mex::edge::nginx
