// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the processor and the system under this process can do beyond the baseline of the
// architecture. Detected once; a vector extension counts only when the system saves its registers.

#ifndef BRINK_PLATFORM_CPU_FEATURES_H_
#define BRINK_PLATFORM_CPU_FEATURES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace brink::platform {

/// One row of cpu_features.def. The enumerators of all architectures exist on all of them.
enum class CpuFeature : uint8_t {
#define BRINK_CPU_FEATURE_X64(id, name, leaf, reg, bit, state) id,
#define BRINK_CPU_FEATURE_AARCH64(id, name, word, bit) id,
#include "engine/platform/cpu_features.def"
};

class CpuFeatures {
 public:
  constexpr CpuFeatures() = default;
  constexpr bool has(CpuFeature feature) const { return (bits_ & bit(feature)) != 0; }
  constexpr void set(CpuFeature feature, bool on = true) {
    bits_ = on ? bits_ | bit(feature) : bits_ & ~bit(feature);
  }
  /// For code that was compiled for `needed`: does it run where these features are?
  constexpr bool includes(CpuFeatures needed) const { return (needed.bits_ & ~bits_) == 0; }
  /// By number of CpuFeature; bits that are none are dropped.
  static CpuFeatures from_bits(uint64_t bits);
  constexpr uint64_t bits() const { return bits_; }
  friend constexpr bool operator==(CpuFeatures, CpuFeatures) = default;

 private:
  static constexpr uint64_t bit(CpuFeature feature) {
    return uint64_t{1} << static_cast<unsigned>(feature);
  }
  uint64_t bits_ = 0;
};

/// Those of this machine.
CpuFeatures cpu_features();

/// What every machine has that Brink is built for: x86-64-v2; nothing more on AArch64.
CpuFeatures baseline_cpu_features();

/// "avx2".
std::string_view to_string(CpuFeature feature);
/// Of those that the architecture we are built for has.
std::optional<CpuFeature> cpu_feature_from_name(std::string_view name);
/// All names that cpu_feature_from_name() knows.
std::string cpu_feature_names();
/// "sse4.1 popcnt avx2".
std::string to_string(CpuFeatures features);

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_CPU_FEATURES_H_
