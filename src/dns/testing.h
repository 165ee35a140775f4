#pragma once

// A zone in memory that fails on command, which no real provider does. Header only; not part of the
// library.

#include <algorithm>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "dns/dns_provider.h"

namespace mex::dns::testing {

class MemoryZone final : public DnsProvider {
 public:
  std::string to_string() const override { return "memory"; }

  absl::StatusOr<std::vector<DnsRecord>> find(const std::string& name, RecordType type,
                                              const base::CallLimits&) override {
    const base::MutexLock lock(mutex_);
    if (!find_error_.ok()) return find_error_;
    std::vector<DnsRecord> found;
    std::copy_if(records_.begin(), records_.end(), std::back_inserter(found),
                 [&](const DnsRecord& each) { return each.name == name && each.type == type; });
    return found;
  }
  absl::Status add(const DnsRecord& record, const base::CallLimits&) override {
    const base::MutexLock lock(mutex_);
    if (!change_error_.ok()) return change_error_;
    records_.push_back(record);
    return absl::OkStatus();
  }
  absl::Status remove(const DnsRecord& record, const base::CallLimits&) override {
    const base::MutexLock lock(mutex_);
    if (!change_error_.ok()) return change_error_;
    std::erase_if(records_, [&](const DnsRecord& each) {
      return each.name == record.name && each.type == record.type && each.content == record.content;
    });
    return absl::OkStatus();
  }
  absl::Status change(const DnsRecord& from, const DnsRecord& to,
                      const base::CallLimits& limits) override {
    const absl::Status removed = remove(from, limits);
    return removed.ok() ? add(to, limits) : removed;
  }

  void fail(absl::Status find_error, absl::Status change_error) {
    const base::MutexLock lock(mutex_);
    find_error_ = std::move(find_error);
    change_error_ = std::move(change_error);
  }
  // Sorted contents.
  std::vector<std::string> contents(const std::string& name,
                                    RecordType type = RecordType::A) const {
    const base::MutexLock lock(mutex_);
    std::vector<std::string> found;
    for (const DnsRecord& each : records_) {
      if (each.name == name && each.type == type) found.push_back(each.content);
    }
    std::sort(found.begin(), found.end());
    return found;
  }

 private:
  mutable base::Mutex mutex_;
  std::vector<DnsRecord> records_ ABSL_GUARDED_BY(mutex_);
  absl::Status find_error_ ABSL_GUARDED_BY(mutex_);
  absl::Status change_error_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace mex::dns::testing
