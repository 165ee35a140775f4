#include "nginx/model/htpasswd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/status.h"
#include "base/temporary_directory.h"
#include "nginx/model/users.h"
#include "store/sqlite_store.h"

namespace mex::nginx {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

TEST(HtpasswdTest, ReadsWhatApachesToolWrites) {
  const HtpasswdContent content = parse_htpasswd(
      "# users\n"
      "ann:$apr1$7Ct/5fQj$ZrJVDl1BJhC0T0d1fMaGN1\r\n"
      "\n"
      "bob:$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC:a comment\n"
      "carl:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n"
      "dora:{SSHA}dgYWYnZ1aGFoYQ==\n"
      "eve:$6$salt$hash./");
  EXPECT_THAT(content.problems, IsEmpty());
  EXPECT_THAT(
      content.users,
      ElementsAre(User{"ann", "$apr1$7Ct/5fQj$ZrJVDl1BJhC0T0d1fMaGN1"},
                  User{"bob", "$2y$05$c4WoMPo3SXsafkva.HHa6uXQZWr7oboPiC2bT/r7q1BB8I2s0BRqC"},
                  User{"carl", "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="},
                  User{"dora", "{SSHA}dgYWYnZ1aGFoYQ=="}, User{"eve", "$6$salt$hash./"}));
}

TEST(HtpasswdTest, NamesLinesThatAreLeftOutAndNothingOfThem) {
  const HtpasswdContent content = parse_htpasswd(
      "secret\n"
      "a b:$apr1$x$y\n"
      "ann:{PLAIN}secret\n"
      "bob:rqXexS6ZhobKA\n"
      "ann:{SHA}\n"
      "ann:$apr1$x$y\n"
      "ann:$apr1$x$z\n");
  EXPECT_THAT(content.users, ElementsAre(User{"ann", "$apr1$x$y"}));
  EXPECT_THAT(content.problems,
              ElementsAre(StartsWith("line 1: "), StartsWith("line 2: "), StartsWith("line 3: "),
                          StartsWith("line 4: "), StartsWith("line 5: "),
                          "line 7: a line before has this name"));
  for (const std::string& problem : content.problems) {
    EXPECT_THAT(problem, Not(HasSubstr("secret")));
    EXPECT_THAT(problem, Not(HasSubstr("rqX")));
  }
}

class HtpasswdFileTest : public ::testing::Test {
 protected:
  std::string path(const char* name = "nginx.htpasswd") const {
    return directory_.path() + "/" + name;
  }
  void write(const std::string& content, const char* name = "nginx.htpasswd") const {
    ASSERT_TRUE(base::write_file_atomically(path(name), content, 0644).ok());
  }

  base::TemporaryDirectory directory_;
  HtpasswdFile file_{{path("first"), path()}};
};

auto is_user(const char* name) { return Field(&User::name, name); }

TEST_F(HtpasswdFileTest, IsFollowed) {
  EXPECT_THAT(file_.users(), IsEmpty());
  write("ann:$apr1$x$y\n");
  EXPECT_THAT(file_.users(), ElementsAre(User{"ann", "$apr1$x$y", path()}));
  write("bob:$apr1$x$y\nann:$apr1$x$y\n");
  EXPECT_THAT(file_.users(), ElementsAre(is_user("bob"), is_user("ann")));
  write("carl:$apr1$x$y\n", "first");
  EXPECT_THAT(file_.users(), ElementsAre(is_user("carl")));
  ASSERT_EQ(unlink(path("first").c_str()), 0);
  EXPECT_THAT(file_.users(), ElementsAre(is_user("bob"), is_user("ann")));
  ASSERT_EQ(unlink(path().c_str()), 0);
  EXPECT_THAT(file_.users(), IsEmpty());
}

TEST_F(HtpasswdFileTest, IsNotBelievedWhereAnybodyCouldHaveWrittenIt) {
  write("ann:$apr1$x$y\n");
  ASSERT_EQ(chmod(path().c_str(), 0666), 0);
  EXPECT_THAT(file_.users(), IsEmpty());
  ASSERT_EQ(chmod(path().c_str(), 0664), 0);
  EXPECT_THAT(file_.users(), ElementsAre(is_user("ann")));
  if (geteuid() != 0) return;
  ASSERT_EQ(chown(path().c_str(), 12345, 0), 0);
  EXPECT_THAT(file_.users(), IsEmpty());
}

TEST_F(HtpasswdFileTest, ALinkIsNone) {
  write("root:$6$x$y:19000:0:99999:7:::\n", "shadow");
  ASSERT_EQ(symlink(path("shadow").c_str(), path().c_str()), 0);
  EXPECT_THAT(file_.users(), IsEmpty());
}

TEST_F(HtpasswdFileTest, ADirectoryIsNone) {
  ASSERT_EQ(mkdir(path().c_str(), 0755), 0);
  EXPECT_THAT(file_.users(), IsEmpty());
}

TEST_F(HtpasswdFileTest, UsersOfTheApiGoBeforeThoseOfTheFile) {
  const auto store = store::open_sqlite_store(directory_.path() + "/s").value();
  Users users(*store, {path()});
  write("bob:$apr1$x$y\nann:$apr1$x$y\n");
  ASSERT_TRUE(users.put("bob", base::Secret("a long password")).ok());
  const auto all = users.list().value();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].file, path());
  EXPECT_EQ(all[1].file, "");
  EXPECT_THAT(all[1].password_hash, StartsWith("$2b$"));
  ASSERT_TRUE(users.remove("bob").ok());
  EXPECT_EQ(users.list()->at(1).file, path());
  const absl::Status refused = users.remove("bob");
  EXPECT_TRUE(absl::IsFailedPrecondition(refused)) << refused;
  EXPECT_THAT(std::string(base::message_of(refused)), HasSubstr(path()));
  EXPECT_TRUE(absl::IsNotFound(users.remove("carl")));
}

}  // namespace
}  // namespace mex::nginx
