// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/float_format.h"

#include <bit>
#include <charconv>

namespace brink::text {
namespace {

template <typename Float, typename Bits, unsigned kMantissaBits>
void append_float(std::string& out, Bits bits) {
  constexpr Bits kSign = Bits{1} << (sizeof(Bits) * 8 - 1);
  constexpr Bits kMantissa = (Bits{1} << kMantissaBits) - 1;
  constexpr Bits kExponent = static_cast<Bits>(~(kSign | kMantissa));
  constexpr Bits kCanonicalPayload = Bits{1} << (kMantissaBits - 1);

  // Longer than the longest shortest form, "-2.2250738585072014e-308", and than any payload.
  char digits[32];
  char* const end = digits + sizeof(digits);

  if ((bits & kExponent) != kExponent) {
    const auto result = std::to_chars(digits, end, std::bit_cast<Float>(bits));
    out.append(digits, result.ptr);
    return;
  }
  if (bits & kSign) out += '-';
  const Bits payload = bits & kMantissa;
  if (payload == 0) {
    out += "inf";
    return;
  }
  out += "nan";
  if (payload == kCanonicalPayload) return;
  out += ":0x";
  out.append(digits, std::to_chars(digits, end, payload, 16).ptr);
}

}  // namespace

void append_f32(std::string& out, uint32_t bits) {
  append_float<float, uint32_t, 23>(out, bits);
}

void append_f64(std::string& out, uint64_t bits) {
  append_float<double, uint64_t, 52>(out, bits);
}

}  // namespace brink::text
