#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "metrics/metrics.h"

// The Prometheus text format 0.0.4: what the registry writes, and what others write whose series go
// when the things do that they count. Pure.
namespace mex::metrics {

enum class Kind : std::uint8_t { Counter, Gauge, Histogram };

// True for what may be the name of a metric or of a label.
bool is_metric_name(std::string_view name);

// "{a=\"b\",c=\"d\"}" with the values escaped; "" without labels. Names are checked (MEX_CHECK).
std::string label_text(Labels labels);

// The lines "# HELP" and "# TYPE" that come before a metric's series.
void append_family(std::string& out, std::string_view name, std::string_view help, Kind kind);

// One line; `labels` as from label_text.
void append_sample(std::string& out, std::string_view name, std::string_view labels,
                   std::uint64_t value);

}  // namespace mex::metrics
