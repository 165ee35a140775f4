#include "nginx/reconcile/certificate_files.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "base/temporary_directory.h"
#include "tls/testing.h"

namespace mex::nginx {
namespace {

class CertificateFilesTest : public ::testing::Test {
 protected:
  void write(const char* name, const std::string& content) const {
    ASSERT_TRUE(base::write_file_atomically(directory_.path() + "/" + name, content, 0600).ok());
  }

  base::TemporaryDirectory directory_;
  CertificateFiles files_{directory_.path()};
};

TEST_F(CertificateFilesTest, APairIsReadWhenItIsThere) {
  EXPECT_TRUE(absl::IsNotFound(files_.pair().status())) << files_.pair().status();
  const auto pair = tls::testing::make_pem_pair();
  write("cert.pem", pair.certificate);
  write("key.pem", pair.key);
  const auto read = files_.pair();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->certificate, pair.certificate);
  EXPECT_EQ(read->key.reveal(), pair.key);
}

TEST_F(CertificateFilesTest, HalfOfAReplacementChangesNothing) {
  const auto pair = tls::testing::make_pem_pair();
  write("cert.pem", pair.certificate);
  write("key.pem", pair.key);
  ASSERT_TRUE(files_.pair().ok());
  const auto next = tls::testing::make_pem_pair();
  write("cert.pem", next.certificate);
  EXPECT_EQ(files_.pair()->certificate, pair.certificate);
  write("key.pem", next.key);
  EXPECT_EQ(files_.pair()->certificate, next.certificate);
  EXPECT_EQ(files_.pair()->key.reveal(), next.key);
}

}  // namespace
}  // namespace mex::nginx
