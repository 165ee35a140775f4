// Any bytes as what a node tells of its certificates: what is understood has one text, which is
// understood alike, and is no more than a node can have.

#include <cstddef>
#include <cstdint>
#include <string>

#include "kubernetes/renewal/certificate_report.h"
#include "oracle.h"

namespace kubernetes = mex::kubernetes;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lives = kubernetes::parse_certificate_lives(text);
  require(lives.size() <= 64, "too many certificates");
  require(kubernetes::parse_certificate_lives(kubernetes::to_string(lives)) == lives,
          "a report is understood in two ways");
  const auto report = kubernetes::certificate_report(
      {{std::string(kubernetes::kCertificatesProblemAnnotation), text}});
  require(report.problem.size() <= 400, "a problem is long");
  for (const char c : report.problem) require(c >= 0x20 && c < 0x7f, "a problem is no line");
  return 0;
}
