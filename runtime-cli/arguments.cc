// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "runtime-cli/arguments.h"

#include <charconv>
#include <limits>
#include <optional>

#include <fmt/format.h>

namespace brink::cli {
namespace {

/// Decimal or hexadecimal, from the least signed to the greatest unsigned value of `bits` bits.
std::optional<uint64_t> parse_integer(std::string_view text, unsigned bits) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const int base = text.starts_with("0x") || text.starts_with("0X") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  uint64_t magnitude = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), magnitude, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  const uint64_t sign_bit = uint64_t{1} << (bits - 1);
  if (negative ? magnitude > sign_bit : bits < 64 && magnitude >> bits != 0) return std::nullopt;
  const uint64_t value = negative ? ~magnitude + 1 : magnitude;
  return bits == 64 ? value : value & ((uint64_t{1} << bits) - 1);
}

template <typename T>
std::optional<T> parse_float(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const bool negative = text.starts_with('-');
  const std::string_view digits = negative ? text.substr(1) : text;
  T value = 0;
  const bool is_hex = digits.starts_with("0x") || digits.starts_with("0X");
  const std::string_view number = is_hex ? digits.substr(2) : digits;
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), value,
                      is_hex ? std::chars_format::hex : std::chars_format::general);
  if (error != std::errc() || end != number.data() + number.size() || number.empty())
    return std::nullopt;
  return negative ? -value : value;
}

std::optional<Value> parse_value(ValType type, std::string_view text) {
  switch (type.kind()) {
    case ValKind::I32:
      if (const auto bits = parse_integer(text, 32)) return Value::i32(static_cast<int32_t>(*bits));
      return std::nullopt;
    case ValKind::I64:
      if (const auto bits = parse_integer(text, 64)) return Value::i64(static_cast<int64_t>(*bits));
      return std::nullopt;
    case ValKind::F32:
      if (const auto value = parse_float<float>(text)) return Value::f32(*value);
      return std::nullopt;
    case ValKind::F64:
      if (const auto value = parse_float<double>(text)) return Value::f64(*value);
      return std::nullopt;
    case ValKind::Ref:
      if (text == "null" && type.nullable()) return Value::null(type.heap());
      return std::nullopt;
    default: return std::nullopt;
  }
}

}  // namespace

Result<std::vector<Value>> parse_arguments(const FuncType& type,
                                           std::span<const std::string> texts) {
  if (texts.size() != type.params.size())
    return make_error(
        ErrorKind::Usage,
        fmt::format("it takes {} argument{} {}, {} given", type.params.size(),
                    type.params.size() == 1 ? "" : "s", to_string(type), texts.size()));
  std::vector<Value> values;
  for (size_t i = 0; i < texts.size(); ++i) {
    const std::optional<Value> value = parse_value(type.params[i], texts[i]);
    if (!value)
      return make_error(ErrorKind::Usage, fmt::format("argument {} must be {}, not '{}'", i + 1,
                                                      to_string(type.params[i]), texts[i]));
    values.push_back(*value);
  }
  return values;
}

}  // namespace brink::cli
