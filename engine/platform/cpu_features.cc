// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/cpu_features.h"

#include <algorithm>
#include <iterator>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace brink::platform {
namespace {

constexpr std::string_view kNames[] = {
#define BRINK_CPU_FEATURE_X64(id, name, leaf, reg, bit, state) name,
#define BRINK_CPU_FEATURE_AARCH64(id, name, word, bit) name,
#include "engine/platform/cpu_features.def"
};

/// Those of the architecture we are built for.
constexpr CpuFeature kOwn[] = {
#if defined(__x86_64__)
#define BRINK_CPU_FEATURE_X64(id, name, leaf, reg, bit, state) CpuFeature::id,
#define BRINK_CPU_FEATURE_AARCH64(id, name, word, bit)
#else
#define BRINK_CPU_FEATURE_X64(id, name, leaf, reg, bit, state)
#define BRINK_CPU_FEATURE_AARCH64(id, name, word, bit) CpuFeature::id,
#endif
#include "engine/platform/cpu_features.def"
};

static_assert(std::size(kNames) < 64, "CpuFeatures is a set of 64 bits");

#if defined(__x86_64__)

enum Register : uint8_t { Eax, Ebx, Ecx, Edx };
// Bits of XCR0 that the system has set for the registers it saves on a context switch.
enum SavedState : uint32_t { None = 0, Avx = 0b110, Avx512 = 0b1110'0110 };

struct Row {
  CpuFeature feature;
  uint32_t leaf;
  Register reg;
  uint8_t bit;
  uint32_t state;
};

constexpr Row kRows[] = {
#define BRINK_CPU_FEATURE_X64(id, name, leaf, reg, bit, state) \
  {CpuFeature::id, leaf, reg, bit, SavedState::state},
#define BRINK_CPU_FEATURE_AARCH64(id, name, word, bit)
#include "engine/platform/cpu_features.def"
};

constexpr bool is_known(uint32_t leaf) {
  return leaf == 1 || leaf == 7 || leaf == 0x80000001u;
}
static_assert(std::ranges::all_of(kRows, is_known, &Row::leaf), "detect() asks for three leaves");

uint32_t saved_state(uint32_t leaf1_ecx) {
  constexpr uint32_t kHasXgetbv = 1u << 27;
  if ((leaf1_ecx & kHasXgetbv) == 0) return 0;
  uint32_t low, high;
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

// On a virtual machine each cpuid is a way out to the host, so a leaf is asked for once.
CpuFeatures detect() {
  CpuFeatures features;
  uint32_t saved = 0;
  for (const uint32_t leaf : {1u, 7u, 0x80000001u}) {
    uint32_t r[4] = {};
    // Fails for a leaf that the processor does not have.
    if (__get_cpuid_count(leaf, 0, &r[Eax], &r[Ebx], &r[Ecx], &r[Edx]) == 0) continue;
    if (leaf == 1) saved = saved_state(r[Ecx]);
    for (const Row& row : kRows) {
      if (row.leaf != leaf) continue;
      const bool in_processor = ((r[row.reg] >> row.bit) & 1) != 0;
      features.set(row.feature, in_processor && (saved & row.state) == row.state);
    }
  }
  return features;
}

#elif defined(__aarch64__) && defined(__linux__)

enum Word : unsigned long { Hwcap = AT_HWCAP, Hwcap2 = AT_HWCAP2 };

CpuFeatures detect() {
  CpuFeatures features;
#define BRINK_CPU_FEATURE_X64(id, name, leaf, reg, bit, state)
#define BRINK_CPU_FEATURE_AARCH64(id, name, word, bit) \
  features.set(CpuFeature::id, ((::getauxval(Word::word) >> bit) & 1) != 0);
#include "engine/platform/cpu_features.def"
  return features;
}

#else

CpuFeatures detect() {
  return CpuFeatures();
}

#endif

}  // namespace

CpuFeatures cpu_features() {
  static const CpuFeatures features = detect();
  return features;
}

CpuFeatures CpuFeatures::from_bits(uint64_t bits) {
  CpuFeatures features;
  features.bits_ = bits & ((uint64_t{1} << std::size(kNames)) - 1);
  return features;
}

CpuFeatures baseline_cpu_features() {
  CpuFeatures features;
#if defined(__x86_64__)
  for (const CpuFeature feature : {CpuFeature::Sse3, CpuFeature::Ssse3, CpuFeature::Sse41,
                                   CpuFeature::Sse42, CpuFeature::Cx16, CpuFeature::Popcnt})
    features.set(feature);
#endif
  return features;
}

std::optional<CpuFeature> cpu_feature_from_name(std::string_view name) {
  for (const CpuFeature feature : kOwn)
    if (to_string(feature) == name) return feature;
  return std::nullopt;
}

std::string cpu_feature_names() {
  CpuFeatures all;
  for (const CpuFeature feature : kOwn) all.set(feature);
  return to_string(all);
}

std::string_view to_string(CpuFeature feature) {
  return kNames[static_cast<size_t>(feature)];
}

std::string to_string(CpuFeatures features) {
  std::string text;
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (!features.has(static_cast<CpuFeature>(i))) continue;
    if (!text.empty()) text += ' ';
    text += kNames[i];
  }
  return text;
}

}  // namespace brink::platform
