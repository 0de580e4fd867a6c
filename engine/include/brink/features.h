// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_FEATURES_H_
#define BRINK_FEATURES_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace brink {

/// A part of WebAssembly that can be switched off; one enumerator a row of features.def. `Mvp` is
/// what every module may use.
enum class Feature : uint8_t {
  Mvp,
#define BRINK_FEATURE(id, name, on, what) id,
#include "brink/features.def"
};

inline constexpr uint32_t kFeatureCount = 1
#define BRINK_FEATURE(id, name, on, what) +1
#include "brink/features.def"
    ;

/// Name as on the command line ("memory64"); "mvp" for Feature::Mvp.
std::string_view to_string(Feature feature);
std::string_view describe(Feature feature);
std::optional<Feature> feature_from_name(std::string_view name);

/// The set of features that a module may use. By default all that are on by default.
class Features {
 public:
  constexpr Features() {
#define BRINK_FEATURE(id, name, on, what) set(Feature::id, on);
#include "brink/features.def"
  }
  static constexpr Features all() {
    Features features;
    features.bits_ = ~uint32_t{0};
    return features;
  }
  static constexpr Features mvp() {
    Features features;
    features.bits_ = 1;
    return features;
  }

  constexpr bool has(Feature feature) const {
    return (bits_ >> static_cast<uint32_t>(feature)) & 1;
  }
  constexpr void set(Feature feature, bool on = true) {
    const uint32_t bit = uint32_t{1} << static_cast<uint32_t>(feature);
    bits_ = on ? bits_ | bit : bits_ & ~bit;
  }
  constexpr uint32_t bits() const { return bits_; }
  friend constexpr bool operator==(Features, Features) = default;

 private:
  uint32_t bits_ = 1;  // Mvp is always there
};

}  // namespace brink

#endif  // BRINK_FEATURES_H_
