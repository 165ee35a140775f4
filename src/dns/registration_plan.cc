#include "dns/registration_plan.h"

#include <fmt/format.h>

#include <algorithm>

namespace mex::dns {
namespace {

struct StatedClaim {
  Claim claim;
  DnsRecord record;
};

std::vector<StatedClaim> claims_in(const NameState& state) {
  std::vector<StatedClaim> claims;
  for (const DnsRecord& text : state.texts) {
    if (auto claim = parse_claim(text.content)) claims.push_back({*std::move(claim), text});
  }
  return claims;
}

bool is_wildcard(const DnsRecord& record) { return record.name.starts_with("*."); }

bool covers(const Claim& claim, const DnsRecord& record) {
  const bool has_address = std::find(claim.addresses.begin(), claim.addresses.end(),
                                     record.content) != claim.addresses.end();
  return has_address && (claim.has_wildcard || !is_wildcard(record));
}

// Cloudflare sets the time to live of what it proxies itself.
bool is_same_form(const DnsRecord& a, const DnsRecord& b) {
  return a.is_proxied == b.is_proxied && (a.is_proxied || a.ttl == b.ttl);
}

DnsRecord text_record(const Registration& wanted, const Claim& claim) {
  return {.name = claims_name(wanted.name),
          .type = RecordType::Txt,
          .content = encode(claim),
          .ttl = wanted.ttl};
}

Claim claim_of(const Registration& wanted) {
  return {wanted.agent, wanted.addresses, wanted.has_wildcard, wanted.heartbeat};
}

// The plan while it is made.
class Planner {
 public:
  Planner(const Registration& wanted, const NameState& state, const std::set<std::string>& dead)
      : wanted_(wanted), state_(state), dead_(dead), claims_(claims_in(state)) {}

  RegistrationPlan plan() {
    find_foreign();
    const bool is_new = std::none_of(claims_.begin(), claims_.end(),
                                     [this](const StatedClaim& each) { return is_own(each); });
    if (!is_new || plan_.unmanaged.empty()) {
      claim();
      for (const DnsRecord& record : wanted_records(wanted_)) put(record);
    }
    for (const DnsRecord& record : state_.addresses) {
      if (is_stale(record)) plan_.steps.push_back({Step::Kind::Remove, record, {}});
    }
    unclaim();
    return std::move(plan_);
  }

 private:
  bool is_own(const StatedClaim& each) const { return each.claim.agent == wanted_.agent; }

  bool is_obsolete(const StatedClaim& each) const {
    return is_own(each) || dead_.contains(each.claim.agent);
  }

  // An own claim that says the same but for its beat is changed into the new one; all others go at
  // the end, when what they claim is gone.
  void claim() {
    if (wanted_.addresses.empty()) return;
    const DnsRecord text = text_record(wanted_, claim_of(wanted_));
    for (const StatedClaim& each : claims_) {
      Claim renewed = each.claim;
      renewed.heartbeat = wanted_.heartbeat;
      if (!is_own(each) || renewed != claim_of(wanted_)) continue;
      kept_ = each.record;
      if (each.record != text) plan_.steps.push_back({Step::Kind::Change, text, each.record});
      return;
    }
    plan_.steps.push_back({Step::Kind::Add, text, {}});
  }

  void find_foreign() {
    if (wanted_.addresses.empty()) return;
    for (const DnsRecord& present : state_.addresses) {
      const bool is_in_our_place = wanted_.has_wildcard || !is_wildcard(present);
      if (is_in_our_place && !is_claimed(present)) plan_.unmanaged.push_back(present);
    }
  }

  void put(const DnsRecord& record) {
    for (const DnsRecord& present : state_.addresses) {
      if (!is_same_place(present, record)) continue;
      if (is_claimed(present) && !is_same_form(present, record)) {
        plan_.steps.push_back({Step::Kind::Change, record, present});
      }
      return;
    }
    const bool has_foreign =
        std::any_of(plan_.unmanaged.begin(), plan_.unmanaged.end(),
                    [&](const DnsRecord& each) { return each.name == record.name; });
    if (!has_foreign) plan_.steps.push_back({Step::Kind::Add, record, {}});
  }

  bool is_claimed(const DnsRecord& record) const {
    return std::any_of(claims_.begin(), claims_.end(),
                       [&](const StatedClaim& each) { return covers(each.claim, record); });
  }

  // Claimed by no one but dead agents and this one, which does not want it.
  bool is_stale(const DnsRecord& record) const {
    if (covers(claim_of(wanted_), record)) return false;
    bool was_claimed = false;
    for (const StatedClaim& each : claims_) {
      if (!covers(each.claim, record)) continue;
      if (!is_obsolete(each)) return false;
      was_claimed = true;
    }
    return was_claimed;
  }

  void unclaim() {
    for (const StatedClaim& each : claims_) {
      const bool is_kept = kept_.name == each.record.name && kept_.content == each.record.content;
      if (is_obsolete(each) && !is_kept) {
        plan_.steps.push_back({Step::Kind::Remove, each.record, {}});
      }
    }
  }

  const Registration& wanted_;
  const NameState& state_;
  const std::set<std::string>& dead_;
  const std::vector<StatedClaim> claims_;
  DnsRecord kept_;
  RegistrationPlan plan_;
};

}  // namespace

std::string unmanaged_problem(const RegistrationPlan& plan) {
  return fmt::format(
      "{} is there and was not made by an agent; it is left alone, and nothing is "
      "registered beside it",
      to_string(plan.unmanaged.front()));
}

std::vector<DnsRecord> wanted_records(const Registration& wanted) {
  std::vector<DnsRecord> records;
  for (const std::string& address : wanted.addresses) {
    DnsRecord record;
    record.name = wanted.name;
    record.type = address.find(':') == std::string::npos ? RecordType::A : RecordType::Aaaa;
    record.content = address;
    record.ttl = wanted.ttl;
    record.is_proxied = wanted.is_proxied;
    records.push_back(record);
    if (!wanted.has_wildcard) continue;
    record.name = "*." + wanted.name;
    records.push_back(record);
  }
  return records;
}

std::vector<std::string> owners_of(const DnsRecord& record, const NameState& state) {
  std::vector<std::string> owners;
  for (const StatedClaim& each : claims_in(state)) {
    if (covers(each.claim, record)) owners.push_back(each.claim.agent);
  }
  return owners;
}

RegistrationPlan plan_registration(const Registration& wanted, const NameState& state,
                                   const std::set<std::string>& dead) {
  return Planner(wanted, state, dead).plan();
}

}  // namespace mex::dns
