#include "store/record_migrations.h"

#include <array>

#include "store/record_format.h"

// All steps from one format of records to the next, in their order. A step works on JSON alone: the
// types of the program change, what a format was does not. A step that was released is never
// changed again.
namespace mex::store {
namespace {

struct Step {
  int from;                // to from + 1
  std::string_view below;  // keys that begin so
  void (*apply)(base::Json& record);
};

// The first versions wrote nginx instances without a cluster behind them.
void add_cluster_of_instance(base::Json& record) {
  if (record.contains("cluster")) return;
  record["tenant"] = "";
  record["cluster"] = "";
  record["access"] = "read";
}

constexpr std::array kSteps{
    Step{1, "/nginx/", add_cluster_of_instance},
};

}  // namespace

void migrate_record(base::Json& record, std::string_view key, int from) {
  for (const Step& step : kSteps) {
    if (step.from >= from && key.starts_with(step.below)) step.apply(record);
  }
}

}  // namespace mex::store
