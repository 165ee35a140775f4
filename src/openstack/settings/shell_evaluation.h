#pragma once

#include <map>
#include <string>
#include <string_view>

#include "openstack/settings/shell_syntax.h"
#include "openstack/settings/variables.h"

namespace mex::openstack {

// A variable whose value the script does not say.
struct OpenValue {
  int line = 0;
  std::string why;  // "is asked for at a terminal (read)"
  // All of it comes from variables that are not set: to a shell it is empty, that is, not set.
  bool is_blank = false;
};

struct ShellVariables {
  Variables known;
  std::map<std::string, OpenValue, std::less<>> open;
};

// The variables that a shell would have after it has read the script, as far as they follow from
// the script alone and `environment`. No command is run and no file is read: what depends on one is
// open. Of the environment's OS_* variables only those that the script looks at are among them.
//
// Commands that set nothing are passed over. A fault is what looks like a setting and is none to a
// shell: a value with blanks outside of quotes, blanks around "=", another shell's assignment.
ShellVariables evaluate_shell(const ShellList& script, const Variables& environment,
                              ShellFault& fault);

}  // namespace mex::openstack
