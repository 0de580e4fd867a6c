// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "brink/features.h"

#include <array>

namespace brink {
namespace {

struct FeatureRow {
  std::string_view name;
  std::string_view description;
};

constexpr std::array<FeatureRow, kFeatureCount> kRows = {{
    {"mvp", "what every module may use"},
#define BRINK_FEATURE(id, name, on, what) {name, what},
#include "brink/features.def"
}};

}  // namespace

std::string_view to_string(Feature feature) {
  return kRows[static_cast<size_t>(feature)].name;
}

std::string_view describe(Feature feature) {
  return kRows[static_cast<size_t>(feature)].description;
}

std::optional<Feature> feature_from_name(std::string_view name) {
  for (uint32_t i = 1; i < kFeatureCount; ++i)
    if (kRows[i].name == name) return static_cast<Feature>(i);
  return std::nullopt;
}

}  // namespace brink
