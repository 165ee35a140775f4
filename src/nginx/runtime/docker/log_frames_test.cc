#include "nginx/runtime/docker/log_frames.h"

#include <gtest/gtest.h>

#include <string>

namespace mex::nginx {
namespace {

std::string frame(char output, std::string_view text) {
  std::string bytes{
      output, 0, 0, 0, 0, 0, static_cast<char>(text.size() >> 8U), static_cast<char>(text.size())};
  return bytes.append(text);
}

TEST(LogFramesTest, TellsTheOutputsApart) {
  const std::string long_text(300, 'x');
  const Output output =
      parse_frames(frame(1, "a\n") + frame(2, "e\n") + frame(1, long_text) + frame(1, ""));
  EXPECT_EQ(output.out, "a\n" + long_text);
  EXPECT_EQ(output.error, "e\n");
}

TEST(LogFramesTest, TakesWhatIsThereOfACutStream) {
  const std::string whole = frame(1, "abc");
  EXPECT_EQ(parse_frames(whole.substr(0, whole.size() - 1)).out, "ab");
  EXPECT_EQ(parse_frames(whole.substr(0, 7)).out, "");
  EXPECT_EQ(parse_frames("").out, "");
}

TEST(LogFramesTest, ALengthBeyondTheStreamIsCutToIt) {
  EXPECT_EQ(parse_frames(std::string("\x02\0\0\0\xff\xff\xff\xff", 8) + "x").error, "x");
}

}  // namespace
}  // namespace mex::nginx
