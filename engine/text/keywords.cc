// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/keywords.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "engine/text/lexer.h"

namespace brink::text {

namespace {

// An open-addressed table of all mnemonics, made by the compiler from kOpcodes.
constexpr uint32_t kTableSize = std::bit_ceil(kOpcodeCount * 2);
constexpr uint16_t kEmpty = 0xffff;

constexpr uint32_t hash_of(std::string_view text) {
  uint32_t hash = 2166136261;  // FNV-1a
  for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619;
  return hash ^ hash >> 15;
}

/// The place of `text` in the table: where it is, or the free one where it would go.
constexpr uint32_t slot_of(const std::array<uint16_t, kTableSize>& table, std::string_view text) {
  uint32_t slot = hash_of(text) % kTableSize;
  while (table[slot] != kEmpty && kOpcodes[table[slot]].mnemonic != text)
    slot = (slot + 1) % kTableSize;
  return slot;
}

consteval std::array<uint16_t, kTableSize> make_mnemonics() {
  std::array<uint16_t, kTableSize> table;
  table.fill(kEmpty);
  for (uint32_t i = 0; i < kOpcodeCount; ++i) {
    const uint32_t slot = slot_of(table, kOpcodes[i].mnemonic);
    if (table[slot] == kEmpty) table[slot] = static_cast<uint16_t>(i);
  }
  return table;
}
constexpr std::array<uint16_t, kTableSize> kMnemonics = make_mnemonics();

constexpr auto kWords = std::to_array<std::string_view>({
    "after",
    "any",
    "anyref",
    "array",
    "arrayref",
    "assert_exception",
    "assert_exhaustion",
    "assert_invalid",
    "assert_invalid_custom",
    "assert_malformed",
    "assert_malformed_custom",
    "assert_return",
    "assert_trap",
    "assert_unlinkable",
    "before",
    "binary",
    "catch",
    "catch_all",
    "catch_all_ref",
    "catch_ref",
    "data",
    "declare",
    "definition",
    "do",
    "either",
    "elem",
    "eq",
    "eqref",
    "exn",
    "exnref",
    "export",
    "extern",
    "externref",
    "f32",
    "f32x4",
    "f64",
    "f64x2",
    "field",
    "final",
    "first",
    "func",
    "funcref",
    "get",
    "global",
    "i16",
    "i16x8",
    "i31",
    "i31ref",
    "i32",
    "i32x4",
    "i64",
    "i64x2",
    "i8",
    "i8x16",
    "import",
    "instance",
    "invoke",
    "item",
    "last",
    "local",
    "memory",
    "module",
    "mut",
    "nan:arithmetic",
    "nan:canonical",
    "noexn",
    "noextern",
    "nofunc",
    "none",
    "null",
    "nullexnref",
    "nullexternref",
    "nullfuncref",
    "nullref",
    "offset",
    "pagesize",
    "param",
    "quote",
    "rec",
    "ref",
    "ref.any",
    "ref.array",
    "ref.exn",
    "ref.extern",
    "ref.host",
    "ref.struct",
    "register",
    "result",
    "shared",
    "start",
    "struct",
    "structref",
    "sub",
    "table",
    "tag",
    "then",
    "thread",
    "type",
    "v128",
    "wait",
});
static_assert(std::ranges::is_sorted(kWords));

bool is_memarg_word(std::string_view text) {
  for (const std::string_view prefix : {"offset=", "align="})
    if (text.starts_with(prefix) && text.size() > prefix.size())
      return classify_number(text.substr(prefix.size())) == TokenKind::Nat;
  return false;
}

}  // namespace

std::optional<Opcode> find_mnemonic(std::string_view text) {
  const uint16_t index = kMnemonics[slot_of(kMnemonics, text)];
  if (index == kEmpty) return std::nullopt;
  return static_cast<Opcode>(index);
}

bool is_known_keyword(std::string_view text) {
  return find_mnemonic(text).has_value() || std::ranges::binary_search(kWords, text) ||
         is_memarg_word(text);
}

}  // namespace brink::text
