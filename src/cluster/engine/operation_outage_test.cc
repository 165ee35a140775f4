#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "cluster/engine/operation_fixture.h"

// Servers boot, and no one can see them for hours.
namespace mex::cluster {
namespace {

enum class Blindness {
  Away,            // no list
  ListWithNobody,  // the list is empty, and each GET of an id is answered with 500
  CellDown,        // status UNKNOWN
};

class NobodyCanLook : public OperationTest, public testing::WithParamInterface<Blindness> {
 protected:
  void list_servers_soon() override {
    time_.call_after(std::chrono::seconds(1), [this] {
      process_->machine.observe(is_blind_ ? blind(cloud_.servers()) : cloud_.servers());
      if (process_->machine.awaited().has_servers()) list_servers_soon();
    });
  }
  static ServerSweep blind(ServerSweep sweep) {
    switch (GetParam()) {
      case Blindness::Away:
        sweep.status = absl::UnavailableError("no connection");
        break;
      case Blindness::ListWithNobody:
        break;
      case Blindness::CellDown:
        for (auto& [id, server] : sweep.servers) {
          server = {};
          server.id = id;
          server.status = "UNKNOWN";
        }
        return sweep;
    }
    sweep.servers.clear();
    return sweep;
  }
  bool has_passed(std::chrono::hours time) { return time_.wall_now() - begun_ > time; }

  bool is_blind_ = false;
  base::WallTime begun_ = time_.wall_now();
};

// The symptom: after an outage that was longer than the deadline a create has failed, though all
// servers are ACTIVE.
TEST_P(NobodyCanLook, ADeadlineDoesNotEndWhileNobodyCouldLook) {
  use_managed();
  begin_create();
  run_until_moment("boot worker-2");
  is_blind_ = true;
  run_until([this] { return has_passed(std::chrono::hours(1)) || has_ended(operation()); });
  EXPECT_FALSE(has_ended(operation())) << operation().reason.message;
  is_blind_ = false;
  run();
  expect_whole();
}

INSTANTIATE_TEST_SUITE_P(Is, NobodyCanLook,
                         testing::Values(Blindness::Away, Blindness::ListWithNobody,
                                         Blindness::CellDown));

}  // namespace
}  // namespace mex::cluster
