#pragma once

namespace mex::http_client {

// Makes libcurl ready. Called before the first handle is made, by whoever makes handles of its own;
// any thread, as often as one likes.
void init_curl_once();

}  // namespace mex::http_client
