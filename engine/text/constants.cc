// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/constants.h"

#include <algorithm>
#include <optional>

#include "engine/support/try.h"
#include "engine/text/keywords.h"
#include "engine/text/numbers.h"

namespace brink::text {

namespace {

constexpr auto kShapes = std::to_array<VectorShape>({
    {"i8x16", 16, 8, false},
    {"i16x8", 8, 16, false},
    {"i32x4", 4, 32, false},
    {"i64x2", 2, 64, false},
    {"f32x4", 4, 32, true},
    {"f64x2", 2, 64, true},
});

constexpr std::string_view kOutOfRange = "constant out of range";

bool is_integer(TokenKind kind) {
  return kind == TokenKind::Nat || kind == TokenKind::Int;
}
bool is_number(TokenKind kind) {
  return is_integer(kind) || kind == TokenKind::Float;
}
bool is_nan_pattern(const Token& token) {
  return token.kind == TokenKind::Keyword &&
         (token.text == "nan:canonical" || token.text == "nan:arithmetic");
}

Result<uint64_t> expect_integer(TokenStream& tokens, unsigned bits) {
  if (!is_integer(tokens.peek().kind)) return tokens.unexpected("an integer");
  const Token token = tokens.take();
  const std::optional<uint64_t> value = parse_integer(token.text, bits);
  if (!value) return tokens.error(token.offset, std::string(kOutOfRange));
  return *value;
}

}  // namespace

Result<uint32_t> expect_i32_const(TokenStream& tokens) {
  return static_cast<uint32_t>(BRINK_TRY(expect_integer(tokens, 32)));
}

Result<uint64_t> expect_i64_const(TokenStream& tokens) {
  return expect_integer(tokens, 64);
}

Result<uint32_t> expect_f32_const(TokenStream& tokens) {
  if (!is_number(tokens.peek().kind)) return tokens.unexpected("a number");
  const Token token = tokens.take();
  const std::optional<uint32_t> bits = parse_f32(token.text);
  if (!bits) return tokens.error(token.offset, std::string(kOutOfRange));
  return *bits;
}

Result<uint64_t> expect_f64_const(TokenStream& tokens) {
  if (!is_number(tokens.peek().kind)) return tokens.unexpected("a number");
  const Token token = tokens.take();
  const std::optional<uint64_t> bits = parse_f64(token.text);
  if (!bits) return tokens.error(token.offset, std::string(kOutOfRange));
  return *bits;
}

Result<VectorLanes> expect_vector_lanes(TokenStream& tokens, bool allow_patterns) {
  const Token& word = tokens.peek();
  const auto shape = std::ranges::find(kShapes, word.text, &VectorShape::word);
  if (word.kind != TokenKind::Keyword || shape == kShapes.end())
    return tokens.unexpected("a vector shape");
  const uint32_t offset = tokens.take().offset;
  VectorLanes lanes{*shape, {}};
  uint32_t count = 0;
  while (is_number(tokens.peek().kind) || (allow_patterns && is_nan_pattern(tokens.peek()))) {
    const Token token = tokens.take();
    if (count < shape->lanes) lanes.tokens[count] = token;
    ++count;
  }
  if (count == shape->lanes) return lanes;
  const Token& next = tokens.peek();
  if (next.kind == TokenKind::Reserved || next.kind == TokenKind::Bad ||
      (next.kind == TokenKind::Keyword && !is_known_keyword(next.text)))
    return tokens.unexpected();
  return tokens.error(offset, "wrong number of lane literals");
}

Result<uint64_t> lane_value(const TokenStream& tokens, const VectorShape& shape,
                            const Token& token) {
  std::optional<uint64_t> bits;
  if (shape.is_float && shape.lane_bits == 32) {
    bits = parse_f32(token.text);
  } else if (shape.is_float) {
    bits = parse_f64(token.text);
  } else if (is_integer(token.kind)) {
    bits = parse_integer(token.text, shape.lane_bits);
  } else {
    return tokens.error(token.offset, "unexpected token: an integer lane cannot be a float");
  }
  if (!bits) return tokens.error(token.offset, std::string(kOutOfRange));
  return *bits;
}

void set_lane(V128& vector, const VectorShape& shape, uint32_t lane, uint64_t bits) {
  const uint32_t position = lane * shape.lane_bits;
  vector.words[position / 64] |= bits << (position % 64);
}

Result<V128> expect_v128_const(TokenStream& tokens) {
  const VectorLanes lanes = BRINK_TRY(expect_vector_lanes(tokens, false));
  V128 vector;
  for (uint32_t i = 0; i < lanes.shape.lanes; ++i)
    set_lane(vector, lanes.shape, i, BRINK_TRY(lane_value(tokens, lanes.shape, lanes.tokens[i])));
  return vector;
}

Result<uint8_t> expect_u8(TokenStream& tokens) {
  if (!tokens.at(TokenKind::Nat)) return tokens.unexpected("a lane index");
  const Token token = tokens.take();
  const std::optional<uint64_t> value = parse_unsigned(token.text, 0xff);
  if (!value) return tokens.error(token.offset, "i8 constant out of range");
  return static_cast<uint8_t>(*value);
}

Result<std::array<uint8_t, 16>> expect_shuffle_lanes(TokenStream& tokens) {
  const uint32_t offset = tokens.offset();
  std::array<Token, 16> lanes;
  uint32_t count = 0;
  while (is_number(tokens.peek().kind)) {
    const Token token = tokens.take();
    if (count < lanes.size()) lanes[count] = token;
    ++count;
  }
  if (tokens.at(TokenKind::Reserved)) return tokens.unexpected("a lane index");
  if (count != lanes.size())
    return tokens.error(offset, "invalid lane length: a shuffle has 16 lane indices");
  std::array<uint8_t, 16> result{};
  for (size_t i = 0; i < lanes.size(); ++i) {
    const std::optional<uint64_t> value =
        lanes[i].kind == TokenKind::Nat ? parse_unsigned(lanes[i].text, 0xff) : std::nullopt;
    if (!value) return tokens.error(lanes[i].offset, "i8 constant out of range");
    result[i] = static_cast<uint8_t>(*value);
  }
  return result;
}

}  // namespace brink::text
