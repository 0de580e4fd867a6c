// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec-tests/result_match.h"

#include <fmt/format.h>

#include "engine/runtime/module_state.h"

namespace brink::spec_tests {

using text::NanPattern;
using text::ResultPattern;
using Kind = text::ResultPattern::Kind;

Value HostReferences::make(uint32_t number) {
  return store_.extern_ref(std::make_shared<uint32_t>(number));
}

std::optional<uint32_t> HostReferences::number_of(const Value& value) const {
  const std::shared_ptr<void> data = store_.extern_data(value);
  if (data == nullptr) return std::nullopt;
  return *static_cast<const uint32_t*>(data.get());
}

AbstractHeapType HostReferences::kind_of(const Value& value) const {
  const HeapType type = store_.dynamic_type(value);
  if (type.is_abstract()) return type.abstract();
  const CanonicalType& definition = store_.engine().state()->registry->get(type.index());
  if (definition.structure() != nullptr) return AbstractHeapType::Struct;
  return definition.array() != nullptr ? AbstractHeapType::Array : AbstractHeapType::Func;
}

namespace {

/// One float of `width` bits against a class of NaN or exact bits.
bool float_matches(uint64_t bits, uint64_t expected, NanPattern nan, unsigned width) {
  if (nan == NanPattern::None) return bits == expected;
  const unsigned mantissa = width == 32 ? 23 : 52;
  const uint64_t sign = uint64_t{1} << (width - 1);
  const uint64_t quiet = uint64_t{1} << (mantissa - 1);
  const uint64_t exponent = (sign - 1) & ~((uint64_t{1} << mantissa) - 1);
  const uint64_t magnitude = bits & (sign - 1);
  if (nan == NanPattern::Canonical) return magnitude == (exponent | quiet);
  return (magnitude & (exponent | quiet)) == (exponent | quiet);
}

bool vector_matches(const V128& actual, const ResultPattern& pattern) {
  const bool has_nan = std::any_of(pattern.nan.begin(), pattern.nan.end(),
                                   [](NanPattern nan) { return nan != NanPattern::None; });
  if (!has_nan) return actual == pattern.bits;
  const unsigned width = pattern.lane_bits;
  const uint64_t mask = width == 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1;
  for (unsigned lane = 0; lane < 128 / width; ++lane) {
    const unsigned bit = lane * width;
    const uint64_t bits = (actual.words[bit / 64] >> (bit % 64)) & mask;
    const uint64_t expected = (pattern.bits.words[bit / 64] >> (bit % 64)) & mask;
    if (!float_matches(bits, expected, pattern.nan[lane], width)) return false;
  }
  return true;
}

bool reference_matches(const Value& value, const ResultPattern& pattern,
                       const HostReferences& host) {
  if (!value.type().is_ref()) return false;
  if (pattern.kind == Kind::RefNull) return value.is_null();
  if (value.is_null()) return false;
  using enum AbstractHeapType;
  const AbstractHeapType kind = host.kind_of(value);
  switch (pattern.kind) {
    case Kind::RefExtern:
      return kind == Extern && (!pattern.number || host.number_of(value) == pattern.number);
    case Kind::RefHost:
      return (kind == Any || kind == Extern) &&
             (!pattern.number || host.number_of(value) == pattern.number);
    case Kind::RefFunc: return kind == Func;
    case Kind::RefI31: return kind == I31;
    case Kind::RefStruct: return kind == Struct;
    case Kind::RefArray: return kind == Array;
    case Kind::RefExn: return kind == Exn;
    case Kind::RefEq: return kind == I31 || kind == Struct || kind == Array;
    case Kind::RefAny: return kind == Any || kind == I31 || kind == Struct || kind == Array;
    default: return false;
  }
}

}  // namespace

bool matches(const Value& value, const ResultPattern& pattern, const HostReferences& host) {
  const uint64_t word = value.words().words[0];
  switch (pattern.kind) {
    case Kind::I32:
      return value.type() == kI32 && static_cast<uint32_t>(word) == pattern.bits.words[0];
    case Kind::I64: return value.type() == kI64 && word == pattern.bits.words[0];
    case Kind::F32:
      return value.type() == kF32 &&
             float_matches(static_cast<uint32_t>(word), pattern.bits.words[0], pattern.nan[0], 32);
    case Kind::F64:
      return value.type() == kF64 && float_matches(word, pattern.bits.words[0], pattern.nan[0], 64);
    case Kind::V128: return value.type() == kV128 && vector_matches(value.v128(), pattern);
    case Kind::Either:
      return std::any_of(
          pattern.alternatives.begin(), pattern.alternatives.end(),
          [&](const ResultPattern& alternative) { return matches(value, alternative, host); });
    default: return reference_matches(value, pattern, host);
  }
}

std::string to_string(const ResultPattern& pattern) {
  static constexpr std::string_view kNames[] = {"i32",      "i64",      "f32",        "f64",
                                                "v128",     "ref.null", "ref.extern", "ref.host",
                                                "ref.func", "ref.i31",  "ref.struct", "ref.array",
                                                "ref.eq",   "ref.any",  "ref.exn",    "either"};
  const std::string_view name = kNames[static_cast<size_t>(pattern.kind)];
  switch (pattern.kind) {
    case Kind::I32:
    case Kind::I64:
      return brink::to_string(
          Value::from_words(pattern.kind == Kind::I32 ? kI32 : kI64, pattern.bits));
    case Kind::F32:
    case Kind::F64:
      if (pattern.nan[0] == NanPattern::Canonical) return fmt::format("{} nan:canonical", name);
      if (pattern.nan[0] == NanPattern::Arithmetic) return fmt::format("{} nan:arithmetic", name);
      return brink::to_string(
          Value::from_words(pattern.kind == Kind::F32 ? kF32 : kF64, pattern.bits));
    case Kind::V128: return brink::to_string(Value::v128(pattern.bits));
    case Kind::Either: {
      std::vector<std::string> texts;
      for (const ResultPattern& alternative : pattern.alternatives)
        texts.push_back(to_string(alternative));
      return fmt::format("one of {}", fmt::join(texts, " or "));
    }
    default:
      return pattern.number ? fmt::format("({} {})", name, *pattern.number)
                            : fmt::format("({})", name);
  }
}

}  // namespace brink::spec_tests
