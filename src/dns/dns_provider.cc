#include "dns/dns_provider.h"

#include <fmt/format.h>

namespace mex::dns {

std::string_view to_string(RecordType type) {
  switch (type) {
    case RecordType::A:
      return "A";
    case RecordType::Aaaa:
      return "AAAA";
    case RecordType::Txt:
      return "TXT";
  }
  return "";
}

std::string to_string(const DnsRecord& record) {
  return fmt::format("{} {} {}", record.name, to_string(record.type), record.content);
}

}  // namespace mex::dns
