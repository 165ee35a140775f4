#pragma once

// Kinds of what events are about.
namespace mex::events {

inline constexpr const char* kCertificate = "Certificate";
inline constexpr const char* kDnsName = "DnsName";
inline constexpr const char* kNginxProxy = "NginxProxy";
inline constexpr const char* kCluster = "Cluster";
inline constexpr const char* kRecord = "Record";  // of the store, by its key
inline constexpr const char* kAgent = "Agent";    // the program itself

}  // namespace mex::events
