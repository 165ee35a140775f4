// Any bytes as an os.env file: read or refused, never a crash, never without an end, and what was
// read can be written down again in single quotes and read back as the same.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"
#include "openstack/settings/os_env_file.h"
#include "openstack/settings/settings.h"
#include "oracle.h"

namespace {

std::string quoted(std::string_view value) {
  std::string text = "'";
  for (const char c : value) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mex::openstack;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Variables environment = {{"HOME", "/home/mex"}, {"OS_USERNAME", "outside"}};
  const auto variables = parse_os_env(text, "os.env", environment);
  if (!variables.ok()) {
    require(mex::base::message_of(variables.status()).starts_with("os.env:"),
            "the error does not name the file");
    return 0;
  }
  std::string written;
  for (const auto& [name, value] : variables->known) {
    require(is_shell_name(name), "a name that no shell takes");
    require(!name.starts_with("OS_") || value.find('\n') == std::string::npos,
            "a setting of several lines");
    written += name + "=" + quoted(value) + "\n";
  }
  const auto again = parse_os_env(written, "again", {});
  require(again.ok() && again->known == variables->known,
          "what was written down reads differently");
  require(again->open.empty(), "what was written down is open");
  Settings settings = settings_from_variables(variables->known, "os.env");
  // Files that the input names are not read.
  for (const std::string_view key : {"cacert", "verify", "cert", "key"}) {
    settings.values.erase(std::string(key));
  }
  const auto config = config_from_settings(settings);
  require(!config.ok() || config->auth_url.ends_with("/v3"), "not a URL of Keystone v3");
  return 0;
}
