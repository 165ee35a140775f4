#pragma once

#include "base/clock.h"

namespace mex::http_client {

// Initialises libcurl. Called before the first handle is made, by every class that makes handles;
// any thread, any number of times.
void init_curl_once();

// For curl_multi_poll: how long it may wait when so much time is left, at most a minute.
int poll_milliseconds(base::SteadyTime::duration left);

}  // namespace mex::http_client
