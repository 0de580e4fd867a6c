// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/script_values.h"

#include <algorithm>
#include <array>

#include "engine/support/try.h"
#include "engine/text/constants.h"
#include "engine/text/parser_types.h"

namespace brink::text {

namespace {

using Kind = ResultPattern::Kind;

/// What may follow the word of a pattern.
enum class Operand : uint8_t { None, Number, OptionalNumber, OptionalHeapType };

struct PatternWord {
  std::string_view word;
  Kind kind;
  Operand operand;
};
constexpr auto kPatternWords = std::to_array<PatternWord>({
    {"i32.const", Kind::I32, Operand::Number},
    {"i64.const", Kind::I64, Operand::Number},
    {"f32.const", Kind::F32, Operand::Number},
    {"f64.const", Kind::F64, Operand::Number},
    {"v128.const", Kind::V128, Operand::Number},
    {"ref.null", Kind::RefNull, Operand::OptionalHeapType},
    {"ref.extern", Kind::RefExtern, Operand::OptionalNumber},
    {"ref.host", Kind::RefHost, Operand::OptionalNumber},
    {"ref.func", Kind::RefFunc, Operand::OptionalNumber},
    {"ref.i31", Kind::RefI31, Operand::OptionalNumber},
    {"ref.struct", Kind::RefStruct, Operand::None},
    {"ref.array", Kind::RefArray, Operand::None},
    {"ref.eq", Kind::RefEq, Operand::None},
    {"ref.any", Kind::RefAny, Operand::None},
    {"ref.exn", Kind::RefExn, Operand::None},
});

/// Patterns that also are values, by ResultPattern::Kind.
constexpr auto kValueKinds = std::to_array<ScriptValue::Kind>(
    {ScriptValue::Kind::I32, ScriptValue::Kind::I64, ScriptValue::Kind::F32, ScriptValue::Kind::F64,
     ScriptValue::Kind::V128, ScriptValue::Kind::RefNull, ScriptValue::Kind::RefExtern,
     ScriptValue::Kind::RefHost});

}  // namespace

NanPattern ScriptValueParser::take_nan_pattern() {
  if (tokens_.take_keyword("nan:canonical")) return NanPattern::Canonical;
  if (tokens_.take_keyword("nan:arithmetic")) return NanPattern::Arithmetic;
  return NanPattern::None;
}

Status ScriptValueParser::vector(ResultPattern& pattern) {
  const VectorLanes lanes = BRINK_TRY(expect_vector_lanes(tokens_, true));
  pattern.lane_bits = lanes.shape.lane_bits;
  for (uint32_t i = 0; i < lanes.shape.lanes; ++i) {
    const Token& token = lanes.tokens[i];
    if (token.kind != TokenKind::Keyword) {
      const uint64_t bits = BRINK_TRY(lane_value(tokens_, lanes.shape, token));
      set_lane(pattern.bits, lanes.shape, i, bits);
    } else if (lanes.shape.is_float) {
      pattern.nan[i] =
          token.text == "nan:canonical" ? NanPattern::Canonical : NanPattern::Arithmetic;
    } else {
      return tokens_.error(token.offset, "unexpected token: an integer lane cannot be a NaN");
    }
  }
  return {};
}

Status ScriptValueParser::number(ResultPattern& pattern) {
  uint64_t& bits = pattern.bits.words[0];
  switch (pattern.kind) {
    case Kind::I32: bits = BRINK_TRY(expect_i32_const(tokens_)); return {};
    case Kind::I64: bits = BRINK_TRY(expect_i64_const(tokens_)); return {};
    case Kind::V128: return vector(pattern);
    default: break;
  }
  pattern.nan[0] = take_nan_pattern();
  if (pattern.nan[0] != NanPattern::None) return {};
  if (pattern.kind == Kind::F32) {
    bits = BRINK_TRY(expect_f32_const(tokens_));
  } else {
    bits = BRINK_TRY(expect_f64_const(tokens_));
  }
  return {};
}

Result<ResultPattern> ScriptValueParser::simple_pattern() {
  BRINK_TRY(tokens_.expect(TokenKind::LeftParen, "a value"));
  const Token& word = tokens_.peek();
  const auto found = std::ranges::find(kPatternWords, word.text, &PatternWord::word);
  if (word.kind != TokenKind::Keyword || found == kPatternWords.end())
    return tokens_.unexpected("a value");
  tokens_.take();
  ResultPattern pattern;
  pattern.kind = found->kind;
  if (found->operand == Operand::Number) BRINK_TRY(number(pattern));
  if (found->operand == Operand::OptionalNumber && tokens_.at(TokenKind::Nat))
    pattern.number = BRINK_TRY(tokens_.expect_u32());
  if (found->operand == Operand::OptionalHeapType && tokens_.at(TokenKind::Keyword)) {
    static const TypeSection kNoTypes;
    pattern.heap = BRINK_TRY(kNoTypes.heap_type(tokens_)).abstract();
  }
  BRINK_TRY(tokens_.expect_close());
  return pattern;
}

Result<ResultPattern> ScriptValueParser::pattern() {
  if (!tokens_.take_open("either")) return simple_pattern();
  ResultPattern pattern;
  pattern.kind = Kind::Either;
  while (!tokens_.take_close()) pattern.alternatives.push_back(BRINK_TRY(simple_pattern()));
  return pattern;
}

Result<ScriptValue> ScriptValueParser::value() {
  const uint32_t offset = tokens_.offset();
  const ResultPattern pattern = BRINK_TRY(simple_pattern());
  const auto kind = static_cast<size_t>(pattern.kind);
  const bool is_exact =
      std::ranges::all_of(pattern.nan, [](NanPattern nan) { return nan == NanPattern::None; });
  const bool is_complete =
      (pattern.kind != Kind::RefNull || pattern.heap) &&
      ((pattern.kind != Kind::RefExtern && pattern.kind != Kind::RefHost) || pattern.number);
  if (kind >= kValueKinds.size() || !is_exact || !is_complete)
    return tokens_.error(offset, "unexpected token: a pattern, expected a value");
  ScriptValue value;
  value.kind = kValueKinds[kind];
  value.bits = pattern.bits;
  value.heap = pattern.heap.value_or(AbstractHeapType::Bottom);
  value.number = pattern.number.value_or(0);
  return value;
}

}  // namespace brink::text
