// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/numbers.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <limits>
#include <string>
#include <system_error>
#include <type_traits>

namespace brink::text {

namespace {

uint32_t digit_value(char c) {
  return c <= '9' ? static_cast<uint32_t>(c - '0') : static_cast<uint32_t>((c | 0x20) - 'a' + 10);
}

/// A format of IEEE 754: how many bits of fraction, how many of exponent.
template <typename Float>
struct Format;
template <>
struct Format<float> {
  using Bits = uint32_t;
  static constexpr int kFractionBits = 23;
  static constexpr int kExponentBits = 8;
};
template <>
struct Format<double> {
  using Bits = uint64_t;
  static constexpr int kFractionBits = 52;
  static constexpr int kExponentBits = 11;
};

template <typename Float>
constexpr typename Format<Float>::Bits kInfinity =
    ((typename Format<Float>::Bits{1} << Format<Float>::kExponentBits) - 1)
    << Format<Float>::kFractionBits;

/// An exponent, with the sign; beyond any sensible number it stops growing.
int64_t parse_exponent(std::string_view text) {
  constexpr int64_t kFarOut = int64_t{1} << 50;
  const bool is_negative = text[0] == '-';
  if (text[0] == '-' || text[0] == '+') text.remove_prefix(1);
  int64_t value = 0;
  for (const char c : text)
    if (c != '_') value = std::min(kFarOut, value * 10 + digit_value(c));
  return is_negative ? -value : value;
}

/// A positive number mantissa * 2^exponent. `has_more` tells that the true one is larger by less
/// than one unit of the mantissa; then the mantissa has at least 60 significant bits.
struct BinaryNumber {
  uint64_t mantissa = 0;
  int64_t exponent = 0;
  bool has_more = false;
};

/// `text` is what follows "0x".
BinaryNumber parse_hex_number(std::string_view text) {
  BinaryNumber number;
  bool in_fraction = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '_') continue;
    if (c == '.') {
      in_fraction = true;
    } else if ((c | 0x20) == 'p') {
      number.exponent += parse_exponent(text.substr(i + 1));
      break;
    } else if (number.mantissa >> 60 == 0) {
      number.mantissa = number.mantissa * 16 + digit_value(c);
      if (in_fraction) number.exponent -= 4;
    } else {
      number.has_more |= c != '0';
      if (!in_fraction) number.exponent += 4;
    }
  }
  return number;
}

template <typename Float>
std::optional<typename Format<Float>::Bits> round_to_float(const BinaryNumber& number) {
  using Bits = typename Format<Float>::Bits;
  constexpr int kFractionBits = Format<Float>::kFractionBits;
  constexpr int kBias = (1 << (Format<Float>::kExponentBits - 1)) - 1;
  constexpr int64_t kMinUnit = 1 - kBias - kFractionBits;  // exponent of the smallest subnormal
  if (number.mantissa == 0) return Bits{0};
  const int64_t top = number.exponent + std::bit_width(number.mantissa) - 1;
  if (top > kBias) return std::nullopt;
  // The result is a multiple of 2^unit.
  const int64_t unit = std::max(top - kFractionBits, kMinUnit);
  const int64_t dropped = unit - number.exponent;
  uint64_t kept = 0;
  if (dropped <= 0) {
    kept = number.mantissa << -dropped;
  } else if (dropped <= 64) {
    kept = dropped == 64 ? 0 : number.mantissa >> dropped;
    const uint64_t half = uint64_t{1} << (dropped - 1);
    const uint64_t rest = number.mantissa & (half | (half - 1));
    const bool is_above = rest > half || (rest == half && number.has_more);
    if (is_above || (rest == half && (kept & 1) != 0)) ++kept;
  }
  // `kept` has its leading bit, if it is normal, where the exponent field begins, and adds one.
  const uint64_t bits = (static_cast<uint64_t>(unit - kMinUnit) << kFractionBits) + kept;
  if (bits >= kInfinity<Float>) return std::nullopt;
  return static_cast<Bits>(bits);
}

/// Is it at least 1? Only for zero and for numbers far from 1.
bool is_large_decimal(std::string_view text) {
  const size_t exponent_at = std::min(text.find_first_of("eE"), text.size());
  const std::string_view digits = text.substr(0, exponent_at);
  int64_t exponent =
      exponent_at < text.size() ? parse_exponent(text.substr(exponent_at + 1)) : int64_t{0};
  const size_t point = std::min(digits.find('.'), digits.size());
  const size_t first = digits.find_first_of("123456789");
  if (first == std::string_view::npos) return false;
  exponent += static_cast<int64_t>(point) - static_cast<int64_t>(first);
  return exponent > 0;
}

template <typename Float>
std::optional<typename Format<Float>::Bits> parse_decimal(std::string_view text) {
  using Bits = typename Format<Float>::Bits;
  std::string digits;
  if (text.find('_') != std::string_view::npos) {
    digits = text;
    std::erase(digits, '_');
    text = digits;
  }
  Float value = 0;
  const std::from_chars_result result =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::general);
  if (result.ec == std::errc::result_out_of_range) {
    if (is_large_decimal(text)) return std::nullopt;
    return Bits{0};
  }
  const Bits bits = std::bit_cast<Bits>(value);
  if (bits == kInfinity<Float>) return std::nullopt;
  return bits;
}

/// `text` is "nan" or "nan:0x...".
template <typename Float>
std::optional<typename Format<Float>::Bits> parse_nan(std::string_view text) {
  using Bits = typename Format<Float>::Bits;
  constexpr Bits kQuiet = Bits{1} << (Format<Float>::kFractionBits - 1);
  if (text.size() == 3) return kInfinity<Float> | kQuiet;
  const std::optional<uint64_t> payload =
      parse_unsigned(text.substr(4), (uint64_t{1} << Format<Float>::kFractionBits) - 1);
  if (!payload || *payload == 0) return std::nullopt;
  return kInfinity<Float> | static_cast<Bits>(*payload);
}

template <typename Float>
std::optional<typename Format<Float>::Bits> parse_float(std::string_view text) {
  using Bits = typename Format<Float>::Bits;
  constexpr Bits kSign = Bits{1} << (sizeof(Bits) * 8 - 1);
  const bool is_negative = text[0] == '-';
  if (text[0] == '-' || text[0] == '+') text.remove_prefix(1);
  std::optional<Bits> bits;
  if (text.starts_with("0x")) {
    bits = round_to_float<Float>(parse_hex_number(text.substr(2)));
  } else if (text.starts_with("nan")) {
    bits = parse_nan<Float>(text);
  } else if (text == "inf") {
    bits = kInfinity<Float>;
  } else {
    bits = parse_decimal<Float>(text);
  }
  if (bits && is_negative) *bits |= kSign;
  return bits;
}

}  // namespace

std::optional<uint64_t> parse_unsigned(std::string_view text, uint64_t max) {
  const uint64_t base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  uint64_t value = 0;
  for (const char c : text) {
    if (c == '_') continue;
    const uint64_t digit = digit_value(c);
    if (value > (std::numeric_limits<uint64_t>::max() - digit) / base) return std::nullopt;
    value = value * base + digit;
  }
  if (value > max) return std::nullopt;
  return value;
}

std::optional<uint64_t> parse_integer(std::string_view text, unsigned bits) {
  const uint64_t mask = ~uint64_t{0} >> (64 - bits);
  const bool is_negative = text[0] == '-';
  if (text[0] == '-' || text[0] == '+') text.remove_prefix(1);
  const std::optional<uint64_t> magnitude = parse_unsigned(text, is_negative ? mask / 2 + 1 : mask);
  if (!magnitude) return std::nullopt;
  return (is_negative ? uint64_t{0} - *magnitude : *magnitude) & mask;
}

std::optional<uint32_t> parse_f32(std::string_view text) {
  return parse_float<float>(text);
}
std::optional<uint64_t> parse_f64(std::string_view text) {
  return parse_float<double>(text);
}

}  // namespace brink::text
