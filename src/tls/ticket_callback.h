#pragma once

#include "tls/openssl_ptr.h"
#include "tls/ticket_keys.h"

namespace mex::tls {

// Session tickets of `context` (RFC 5077, RFC 8446 section 4.6.1) are sealed and opened with
// `keys`, which outlive it.
void use_ticket_keys(SSL_CTX* context, TicketKeys& keys);

}  // namespace mex::tls
