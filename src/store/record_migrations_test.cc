#include "store/record_migrations.h"

#include <gtest/gtest.h>

#include "store/record_format.h"

// A test for each step: records of the format before it, as they were written then.
namespace mex::store {
namespace {

base::Json migrated(const char* text, std::string_view key, int from) {
  base::Json record = base::parse_json(text);
  migrate_record(record, key, from);
  return record;
}

TEST(RecordMigrationsTest, From1AnNginxInstanceGetsTheClusterThatItDoesNotHave) {
  constexpr const char* kOld = R"({"kind":"ports","name":"a","network":"","ports":[]})";
  EXPECT_EQ(migrated(kOld, "/nginx/a-nginx-lbproxy", 1),
            base::parse_json(R"({"access":"read","cluster":"","kind":"ports","name":"a",)"
                             R"("network":"","ports":[],"tenant":""})"));
  constexpr const char* kWithCluster = R"({"access":"everything","cluster":"c","tenant":"t"})";
  EXPECT_EQ(migrated(kWithCluster, "/nginx/a-nginx-kcproxy", 1), base::parse_json(kWithCluster));
  EXPECT_EQ(migrated(kOld, "/proxies/a", 1), base::parse_json(kOld));
}

TEST(RecordMigrationsTest, ARecordOfThePresentFormatIsLeftAlone) {
  constexpr const char* kText = R"({"name":"a"})";
  EXPECT_EQ(migrated(kText, "/nginx/a", kFormat), base::parse_json(kText));
}

TEST(RecordMigrationsTest, WhatIsNotAsThatFormatHasItHarmsNothing) {
  EXPECT_NO_THROW(migrated(R"({"cluster":[1],"access":{}})", "/nginx/a", 1));
  EXPECT_NO_THROW(migrated("{}", "/nginx/", 1));
}

}  // namespace
}  // namespace mex::store
