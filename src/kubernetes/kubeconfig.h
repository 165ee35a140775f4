#pragma once

#include <string>
#include <variant>

#include "base/secret.h"
#include "kubernetes/pki.h"

namespace mex::kubernetes {

// What a client has to know to use a cluster.
struct KubeconfigContent {
  // Names in the file; any text. Files of several clusters merge if they differ in both: the
  // context is called like the cluster.
  std::string cluster;
  std::string user;
  std::string server;  // "https://10.1.2.3:6443"
  std::string ca_certificate_pem;
  // The name that the server's certificate must have where it is not the URL's; "" = the URL's.
  std::string tls_server_name;
  // A client certificate with its key, or a bearer token.
  std::variant<Identity, base::Secret> credentials;
};

// A kubeconfig with one context, the current one, for every kubectl since 1.19 (older ones ignore
// tls-server-name). Holds the credentials in the clear.
base::Secret kubeconfig_text(const KubeconfigContent& content);

}  // namespace mex::kubernetes
