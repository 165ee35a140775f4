// Any bytes as an os.env file: read or refused, never a crash, and what was read can be written
// down again in single quotes and read back as the same.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "openstack/os_env_file.h"
#include "openstack/settings.h"
#include "oracle.h"

namespace {

std::string quoted(std::string_view value) {
  std::string text = "'";
  for (const char c : value) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto variables = mex::openstack::parse_os_env(text, "os.env");
  if (!variables.ok()) return 0;
  std::string written;
  for (const auto& [name, value] : *variables) written += name + "=" + quoted(value) + "\n";
  const auto again = mex::openstack::parse_os_env(written, "again");
  require(again.ok() && *again == *variables, "what was written down reads differently");
  const auto settings = mex::openstack::settings_from_variables(*variables, "os.env");
  const auto config = mex::openstack::config_from_settings(settings);
  require(!config.ok() || config->auth_url.ends_with("/v3"), "not a URL of Keystone v3");
  return 0;
}
