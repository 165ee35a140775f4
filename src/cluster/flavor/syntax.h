#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

// The forms of what a flavor consists of. Pure.
namespace mex::cluster {

// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
bool is_label_key(std::string_view text);    // "name" or "prefix/name"
bool is_label_value(std::string_view text);  // may be empty
// Labels that a kubelet may give its own node; it does not start with others of kubernetes.io and
// k8s.io (kubelet's --node-labels, admission plugin NodeRestriction).
bool is_label_of_node(std::string_view key);

bool is_taint_effect(std::string_view text);

// "http" or "https", a host (IPv4 address or DNS name), perhaps a port and a path; no user, query
// or fragment, no blanks.
bool is_http_url(std::string_view text);
// Begins with '/', without empty, "." and ".." segments, blanks and control characters.
bool is_absolute_path(std::string_view text);

// Of a program, without its dashes: "max-pods".
bool is_argument_name(std::string_view text);

// The name of a check of `kubeadm init` and `join`, or "all". Some end in a path whose slashes have
// become hyphens: "FileAvailable--etc-kubernetes-kubelet.conf".
bool is_preflight_check(std::string_view text);
// Of `kubeadm init`: "mark-control-plane", "addon/coredns".
bool is_kubeadm_phase(std::string_view text);

// At most `longest` bytes without control characters, neither first nor last a space.
bool is_plain_text(std::string_view text, std::size_t longest);
// Of something in OpenStack, perhaps empty: plain text of at most 255 bytes.
bool is_cloud_name(std::string_view text);
// The same as an answer: an error names `field`.
absl::Status check_cloud_name(std::string_view text, std::string_view field);

// One or more PEM blocks of certificates (RFC 7468 section 5) and nothing else but empty lines
// behind one.
bool is_certificate_bundle(std::string_view text);

}  // namespace mex::cluster
