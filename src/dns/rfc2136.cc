#include "dns/rfc2136.h"

#include <cstdlib>
#include <optional>
#include <utility>

#include "base/child_process.h"
#include "base/child_start.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/status.h"
#include "dns/rfc2136_text.h"
#include "dns/tsig_key.h"

namespace mex::dns {
namespace {

// Seconds that the programs themselves wait for the server, and how often they ask.
constexpr const char* kTime = "5";
constexpr const char* kTriesOfTool = "2";

absl::Status missing_program(std::string_view name) {
  return base::error(absl::StatusCode::kFailedPrecondition,
                     "{}: there is no such program; install the package bind9-dnsutils", name);
}

// Nothing without a file.
absl::StatusOr<std::optional<TsigKey>> read_key(const Rfc2136Options& options) {
  if (options.key_file.empty()) return std::optional<TsigKey>();
  constexpr std::size_t kMaxFile = 64U << 10U;
  auto text = base::read_file(options.key_file, kMaxFile);
  if (!text.ok()) {
    // Not NotFound, which is a zone's.
    return base::error(absl::StatusCode::kInvalidArgument, "-dns_key: {}",
                       base::message_of(text.status()));
  }
  const base::Secret wiped(*std::move(text));
  MEX_ASSIGN_OR_RETURN(TsigKey key, parse_tsig_key(wiped.reveal(), options.key_file,
                                                   "-dns_key: " + options.key_file));
  return std::optional<TsigKey>(std::move(key));
}

class Rfc2136 final : public DnsProvider {
 public:
  explicit Rfc2136(Rfc2136Options options) : options_(std::move(options)) {}

  std::string to_string() const override {
    return fmt::format("RFC 2136 at {} port {}", options_.server, options_.port);
  }

  absl::StatusOr<std::vector<DnsRecord>> find(const std::string& name, RecordType type,
                                              const base::CallLimits& limits) override {
    MEX_ASSIGN_OR_RETURN(const std::optional<TsigKey> key, read_key(options_));
    base::ChildCommand command;
    command.arguments = {"dig",
                         "+tcp",
                         "+noall",
                         "+comments",
                         "+answer",
                         "+norecurse",
                         std::string("+time=") + kTime,
                         std::string("+tries=") + kTriesOfTool,
                         "@" + options_.server,
                         "-p",
                         options_.port};
    if (key) {
      // What was judged, not what the file may have by now; and the programs run as another user,
      // who cannot open the file.
      command.file = key_statement(*key);
      command.arguments.insert(command.arguments.end(), {"-k", std::string(base::kHandedFile)});
    }
    command.arguments.insert(command.arguments.end(),
                             {"-q", name + ".", "-t", std::string(dns::to_string(type))});
    MEX_ASSIGN_OR_RETURN(const base::ChildOutcome outcome, run(std::move(command), limits));
    auto records = read_answer(outcome.output, name, type);
    if (!records.ok()) return base::annotate(records.status(), to_string());
    return records;
  }

  absl::Status add(const DnsRecord& record, const base::CallLimits& limits) override {
    MEX_RETURN_IF_ERROR(check_record(record));
    return update(add_line(record), limits);
  }
  absl::Status remove(const DnsRecord& record, const base::CallLimits& limits) override {
    MEX_RETURN_IF_ERROR(check_record(record));
    return update(delete_line(record), limits);
  }
  // RFC 2136 section 3.4: the lines of one update take effect together.
  absl::Status change(const DnsRecord& from, const DnsRecord& to,
                      const base::CallLimits& limits) override {
    MEX_RETURN_IF_ERROR(check_record(from));
    MEX_RETURN_IF_ERROR(check_record(to));
    return update(delete_line(from) + add_line(to), limits);
  }

 private:
  absl::Status update(const std::string& lines, const base::CallLimits& limits) const {
    MEX_ASSIGN_OR_RETURN(const std::optional<TsigKey> key, read_key(options_));
    base::ChildCommand command;
    command.arguments = {"nsupdate", "-v", "-u", kTime, "-r", kTriesOfTool};
    // Without a key in a file that it is given, nsupdate sends the update all the same.
    command.input = fmt::format("server {} {}\n{}{}send\n", options_.server, options_.port,
                                key ? key_command(*key).reveal() : "", lines);
    MEX_ASSIGN_OR_RETURN(const base::ChildOutcome outcome, run(std::move(command), limits));
    if (outcome.has_succeeded()) return absl::OkStatus();
    return base::annotate(update_error(outcome.output), to_string());
  }

  static absl::StatusOr<base::ChildOutcome> run(base::ChildCommand command,
                                                const base::CallLimits& limits) {
    const char* path = std::getenv("PATH");
    command.privileges.role = base::ChildRole::Dns;
    command.directory = "/";
    command.environment.push_back(std::string("PATH=") + (path == nullptr ? "/usr/bin" : path));
    auto outcome = base::run_child(command, limits);
    const bool is_there = outcome.status().code() != absl::StatusCode::kNotFound;
    return is_there ? outcome : missing_program(command.arguments.front());
  }

  const Rfc2136Options options_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DnsProvider>> create_rfc2136(Rfc2136Options options) {
  for (const char* program : {"nsupdate", "dig"}) {
    if (base::find_program(program).empty()) return missing_program(program);
  }
  MEX_RETURN_IF_ERROR(read_key(options).status());
  return std::make_unique<Rfc2136>(std::move(options));
}

}  // namespace mex::dns
