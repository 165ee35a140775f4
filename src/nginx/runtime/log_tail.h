#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

// The logs of an nginx on this machine.
namespace mex::nginx {

// 0 if there is no such file.
off_t size_of(const std::string& path);

// What was written behind `begin`, at most the last 64 KiB of it.
std::string read_from(const std::string& path, off_t begin);

// The last line of `said` that nginx calls an emergency, without time and process; if there is
// none, the last line.
std::string last_error_line(std::string_view said);

// Puts a log aside (".1") that has grown beyond 8 MiB; the process is to reopen it then.
bool rotate(const std::string& path);

// Whole lines behind `read`, which moves on. A file beyond 4 MiB is emptied when all of it was
// taken: nginx appends, so it goes on at the front.
std::vector<std::string> take_lines(const std::string& path, off_t& read);

}  // namespace mex::nginx
