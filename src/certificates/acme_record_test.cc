#include "certificates/acme_record.h"

#include <gtest/gtest.h>

namespace mex::certificates {
namespace {

base::WallTime at(int seconds) { return base::WallTime(std::chrono::seconds(seconds)); }

AcmeRecord sample() {
  AcmeRecord record;
  record.server = "https://ca.test/dir";
  record.names = {"a", "*.a"};
  record.is_ordering = true;
  record.failures = 3;
  record.problem = "\xFF refused";
  record.next_attempt = at(1);
  record.last_attempt = at(2);
  record.last_success = at(3);
  record.fingerprint = "ab";
  record.history = {{at(4), at(5)}, {at(6)}};
  return record;
}

TEST(AcmeRecordTest, IsReadAsItWasWritten) {
  const AcmeRecord record = sample();
  const auto read = acme_record_from_json(to_json(record));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->server, record.server);
  EXPECT_EQ(read->names, record.names);
  EXPECT_TRUE(read->is_ordering);
  EXPECT_EQ(read->failures, 3);
  EXPECT_EQ(read->problem, "\xEF\xBF\xBD refused");
  EXPECT_EQ(read->next_attempt, at(1));
  EXPECT_EQ(read->last_attempt, at(2));
  EXPECT_EQ(read->last_success, at(3));
  EXPECT_EQ(read->fingerprint, "ab");
  EXPECT_EQ(read->history.attempts, record.history.attempts);
  EXPECT_EQ(read->history.successes, record.history.successes);
}

TEST(AcmeRecordTest, IsWrittenAsEver) {
  EXPECT_EQ(
      to_json(sample()),
      R"({"attempts_ms":[4000,5000],"failures":3,"fingerprint":"ab","format":2,"is_ordering":true,)"
      R"("last_attempt_ms":2000,"last_success_ms":3000,"names":["a","*.a"],)"
      R"("next_attempt_ms":1000,"problem":"� refused","server":"https://ca.test/dir",)"
      R"("successes_ms":[6000]})");
  EXPECT_EQ(
      to_json(AcmeRecord()),
      R"({"attempts_ms":[],"failures":0,"fingerprint":"","format":2,"is_ordering":false,"names":[],)"
      R"("problem":"","server":"","successes_ms":[]})");
}

TEST(AcmeRecordTest, WhatHasNotHappenedIsNotThere) {
  const auto read = acme_record_from_json(to_json(AcmeRecord()));
  ASSERT_TRUE(read.ok());
  EXPECT_FALSE(read->next_attempt || read->last_attempt || read->last_success);
}

TEST(AcmeRecordTest, AnythingElseIsDataLoss) {
  for (const char* text : {"", "{}", "[]", R"({"server":1})"}) {
    EXPECT_EQ(acme_record_from_json(text).status().code(), absl::StatusCode::kDataLoss) << text;
  }
  std::string bad = to_json(AcmeRecord());
  bad.replace(bad.find("\"attempts_ms\":[]"), 16, "\"attempts_ms\":[\"x\"]");
  EXPECT_EQ(acme_record_from_json(bad).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace mex::certificates
