#include "nginx/render/cluster_location.h"

#include <fmt/format.h>

#include <string_view>

// Which requests only read. They are known by their bytes as they arrive, which are those that
// nginx passes on, so an API server cannot read another path in them than we do: no escapes, no
// empty and no dot segments. What is not listed does not pass: an API server has paths that read
// files of its machine (/logs) or its own memory (/debug), and a GET of some subresources opens a
// shell. https://kubernetes.io/docs/reference/using-api/api-concepts/ has the forms of paths.
namespace mex::nginx {
namespace {

// A request line's method, and no path with "." or ".." for a segment.
constexpr std::string_view kBegin = "^(?:GET|HEAD) (?![^?]*/[.][.]?(?:[/?]|$))";
constexpr std::string_view kSegment = "[A-Za-z0-9_.:~@+=,-]+";
constexpr std::string_view kEnd = "/?(?:[?].*)?$";
// "watch" and "proxy" are no resources: they change what the segments after them are.
constexpr std::string_view kNoResources = "watch|proxy";
constexpr std::string_view kNoResourcesNorSecrets = "watch|proxy|secrets";

constexpr std::string_view kRefusal =
    R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","reason":"Forbidden",)"
    R"("code":403,"message":"this way to the cluster is for looking only")"
    "}\n";

std::string pattern(std::string_view path) {
  return fmt::format("        \"~{}/{}{}\" passes;\n", kBegin, path, kEnd);
}

}  // namespace

std::string cluster_requests_text(const ResolvedInstance& instance) {
  if (!instance.desired.leads_to_cluster() || instance.desired.access == ApiAccess::Everything)
    return "";
  const bool with_secrets = instance.desired.access == ApiAccess::ReadSecrets;
  const std::string_view s = kSegment;
  return "    map \"$request_method $request_uri\" $cluster_request {\n"
         "        default refused;\n" +
         pattern(fmt::format("(?:version|api|apis|(?:healthz|livez|readyz|openapi)(?:/{})*)", s)) +
         pattern(fmt::format("(?:api/{}|apis/{}(?:/{})?)", s, s, s)) +
         pattern(fmt::format("(?:api/{}|apis/{}/{})(?:/watch)?(?:/namespaces/{})?/"
                             "(?!(?:{})(?:[/?]|$)){}(?:/{}(?:/(?:status|scale|log))?)?",
                             s, s, s, s, with_secrets ? kNoResources : kNoResourcesNorSecrets, s,
                             s)) +
         "    }\n";
}

std::string cluster_location_text(const ResolvedInstance& instance, const PortEntry& entry,
                                  const FileNames& files) {
  const Port& port = *entry.port;
  std::string text = "        location / {\n";
  if (instance.desired.access != ApiAccess::Everything) {
    text += fmt::format(
        "            default_type application/json;\n"
        "            if ($cluster_request = refused) {{\n"
        "                return 403 '{}';\n"
        "            }}\n",
        kRefusal);
  }
  text += fmt::format(
      "            set $origin_host {};\n"
      "            proxy_pass https://{};\n"
      "            proxy_redirect off;\n"
      "            proxy_ssl_protocols TLSv1.2 TLSv1.3;\n"
      "            proxy_ssl_ciphers ECDHE+AESGCM:ECDHE+CHACHA20;\n"
      "            proxy_ssl_session_reuse on;\n"
      "            proxy_ssl_verify_depth 4;\n"
      "            proxy_ssl_name {};\n"
      "            proxy_ssl_server_name on;\n"
      "            proxy_ssl_verify on;\n"
      "            proxy_ssl_trusted_certificate {};\n"
      "            proxy_ssl_certificate {};\n"
      "            proxy_ssl_certificate_key {};\n",
      instance.api.server_name, entry.upstream, instance.api.server_name, files.api_authority,
      files.api_certificate, files.api_key);
  return text + timeouts_text(port) + "        }\n";
}

}  // namespace mex::nginx
