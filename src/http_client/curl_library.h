#pragma once

namespace mex::http_client {

// Initialises libcurl. Called before the first handle is made, by every class that makes handles;
// any thread, any number of times.
void init_curl_once();

}  // namespace mex::http_client
