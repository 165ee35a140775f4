#pragma once

#include <string_view>

namespace mex::api {

// Whether a request's `tenant` names all tenants: empty, or "-" (https://google.aip.dev/159).
inline bool is_all_tenants(std::string_view tenant) { return tenant.empty() || tenant == "-"; }

}  // namespace mex::api
