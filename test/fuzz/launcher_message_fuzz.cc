// What the launcher reads of an agent that was taken over: any bytes are refused or understood, and
// what is understood is written back as the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/launcher_protocol.h"
#include "oracle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  mex::base::ChildStart start;
  if (mex::base::decode_command(text, start).ok()) {
    mex::base::ChildStart again;
    require(mex::base::decode_command(mex::base::encode_command(start), again).ok(),
            "it is a command");
    require(again.program == start.program && again.arguments == start.arguments, "the same one");
    require(again.environment == start.environment && again.log == start.log, "in all of it");
  }
  const auto groups = mex::base::decode_groups(text);
  if (groups.ok()) {
    for (const gid_t group : *groups) require(mex::base::is_private_group(group), "no one's group");
    require(*mex::base::decode_groups(mex::base::encode_groups(*groups)) == *groups,
            "the same ones");
  }
  const auto processes = mex::base::decode_list(text);
  if (processes.ok()) {
    require(mex::base::decode_list(mex::base::encode_list(*processes)).ok(), "it is a list");
  }
  return 0;
}
