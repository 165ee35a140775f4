#include "base/message_socket.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "base/temporary_directory.h"

namespace mex::base {
namespace {

using ::testing::HasSubstr;

class MessageSocketTest : public ::testing::Test {
 protected:
  Descriptor accepted() {
    return Descriptor(accept4(listening_->get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

  const TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/socket";
  absl::StatusOr<Descriptor> listening_ = listen_message_socket(path_);
};

TEST_F(MessageSocketTest, IsOpenToItsUserAlone) {
  ASSERT_TRUE(listening_.ok()) << listening_.status();
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U & ~umask(0));
}

TEST_F(MessageSocketTest, CarriesAMessageWithDescriptors) {
  const auto client = connect_message_socket(path_);
  ASSERT_TRUE(client.ok()) << client.status();
  const Descriptor server = accepted();
  EXPECT_EQ(message_peer(server.get()).process, getpid());
  EXPECT_EQ(message_peer(server.get()).user, geteuid());
  const Descriptor file(open("/dev/null", O_RDONLY | O_CLOEXEC));
  const std::vector<int> many(kMaxMessageDescriptors, file.get());
  const int sent = 7;
  ASSERT_TRUE(send_message(client->get(), &sent, sizeof sent, many).ok());
  int got = 0;
  std::vector<Descriptor> descriptors;
  ASSERT_TRUE(receive_message(server.get(), &got, sizeof got, descriptors).ok());
  EXPECT_EQ(got, 7);
  ASSERT_EQ(descriptors.size(), kMaxMessageDescriptors);
  EXPECT_EQ(fcntl(descriptors.back().get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST_F(MessageSocketTest, WhatIsNotThereIsNotFound) {
  listening_->reset();
  EXPECT_TRUE(absl::IsNotFound(connect_message_socket(path_).status()));
  EXPECT_TRUE(absl::IsNotFound(connect_message_socket(path_ + "-other").status()));
  EXPECT_TRUE(absl::IsNotFound(
      connect_message_socket(directory_.path() + "/" + std::string(200, 'x') + "/y").status()));
  EXPECT_FALSE(connect_message_socket(std::string(200, 'x')).ok());
}

// A state directory may have any path; the kernel takes 107 characters.
TEST_F(MessageSocketTest, APathMayBeLong) {
  const std::string deep = directory_.path() + "/" + std::string(120, 'd');
  ASSERT_EQ(mkdir(deep.c_str(), 0700), 0);
  const auto listening = listen_message_socket(deep + "/socket");
  ASSERT_TRUE(listening.ok()) << listening.status();
  struct stat info {};
  EXPECT_EQ(stat((deep + "/socket").c_str(), &info), 0);
  EXPECT_TRUE(connect_message_socket(deep + "/socket").ok());
  EXPECT_FALSE(listen_message_socket(deep + "/" + std::string(120, 's')).ok())
      << "no name of a file there";
}

TEST_F(MessageSocketTest, ListensAgainWhereAnotherHasEnded) {
  listening_->reset();
  listening_ = listen_message_socket(path_);
  ASSERT_TRUE(listening_.ok()) << listening_.status();
  EXPECT_TRUE(connect_message_socket(path_).ok());
}

TEST_F(MessageSocketTest, TellsAnEndAndAnotherSizeApart) {
  auto client = connect_message_socket(path_);
  ASSERT_TRUE(client.ok());
  const Descriptor server = accepted();
  const std::array<char, 9> text{};
  ASSERT_TRUE(send_message(client->get(), text.data(), text.size(), {}).ok());
  int got = 0;
  std::vector<Descriptor> none;
  EXPECT_TRUE(absl::IsInvalidArgument(receive_message(server.get(), &got, sizeof got, none)));
  client->reset();
  const absl::Status ended = receive_message(server.get(), &got, sizeof got, none);
  EXPECT_TRUE(absl::IsUnavailable(ended));
  EXPECT_THAT(ended.ToString(), HasSubstr("has ended"));
}

}  // namespace
}  // namespace mex::base
