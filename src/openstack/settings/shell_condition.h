#pragma once

#include <optional>
#include <vector>

#include "openstack/settings/shell_expansion.h"
#include "openstack/settings/shell_syntax.h"

namespace mex::openstack {

// What `[ … ]`, `test …` or `[[ … ]]` says, where it asks for texts and variables alone; nothing
// where it asks for files, numbers, patterns, or what is not known. `words` of the first two begin
// with the command itself, and `[` ends with its "]".
std::optional<bool> evaluate_condition(ShellScope& scope, const std::vector<ShellWord>& words);

}  // namespace mex::openstack
