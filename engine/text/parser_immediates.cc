// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/parser_immediates.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "engine/decode/format.h"
#include "engine/decode/type_writer.h"
#include "engine/support/try.h"
#include "engine/text/constants.h"
#include "engine/text/numbers.h"

namespace brink::text {

namespace {

struct CatchWord {
  std::string_view word;
  uint8_t code;
  bool has_tag;
};
constexpr auto kCatchWords = std::to_array<CatchWord>({
    {"catch", 0, true},
    {"catch_ref", 1, true},
    {"catch_all", 2, false},
    {"catch_all_ref", 3, false},
});

constexpr std::string_view kOffset = "offset=";
constexpr std::string_view kAlign = "align=";

bool is_memarg_word(const Token& token) {
  return token.kind == TokenKind::Keyword &&
         (token.text.starts_with(kOffset) || token.text.starts_with(kAlign));
}
bool is_index(const Token& token) {
  return token.kind == TokenKind::Nat || token.kind == TokenKind::Id;
}

}  // namespace

void ImmediateParser::write_opcode(Opcode opcode, Writer& out) {
  const OpcodeInfo& facts = info(opcode);
  if (facts.prefix == OpcodePrefix::None) {
    out.write_u8(static_cast<uint8_t>(facts.code));
  } else {
    out.write_u8(static_cast<uint8_t>(facts.prefix));
    out.write_u32(facts.code);
  }
}

Status ImmediateParser::write_instruction(Opcode opcode, Writer& out) {
  // Three names stand for two opcodes each; the operands tell which.
  if (opcode == Opcode::RefTest || opcode == Opcode::RefCast) return write_ref_cast(opcode, out);
  if (opcode == Opcode::Select && tokens_.at_open("result")) opcode = Opcode::SelectTyped;
  write_opcode(opcode, out);
  return write_immediates(info(opcode), out);
}

Status ImmediateParser::write_immediates(const OpcodeInfo& info, Writer& out) {
  switch (info.imm) {
    case ImmKind::None: return {};
    case ImmKind::LabelTable: return write_label_table(out);
    case ImmKind::TypeTable: return write_call_indirect(out);
    case ImmKind::SelectTypes: return write_select_types(out);
    case ImmKind::BrOnCast: return write_br_on_cast(out);
    case ImmKind::TypeField: return write_field(out);
    case ImmKind::MemArg: return write_memarg(info, out);
    case ImmKind::MemArgLane:
      BRINK_TRY(write_memarg(info, out));
      out.write_u8(BRINK_TRY(expect_u8(tokens_)));
      return {};
    case ImmKind::HeapType:
      decode::write_heap_type(out, BRINK_TRY(module_.types.heap_type(tokens_)));
      return {};
    case ImmKind::BlockType: return write_block_type(out);
    case ImmKind::TryTable: BRINK_TRY(write_block_type(out)); return write_catches(out);
    case ImmKind::Fence: out.write_u8(0); return {};
    case ImmKind::Lane:
    case ImmKind::Shuffle:
    case ImmKind::I32:
    case ImmKind::I64:
    case ImmKind::F32:
    case ImmKind::F64:
    case ImmKind::V128: return write_constant(info.imm, out);
    default: return write_indices(info.imm, out);
  }
}

Status ImmediateParser::write_indices(ImmKind kind, Writer& out) {
  const IndexSpace& types = module_.types.space();
  module_.names_data_segments |=
      kind == ImmKind::Data || kind == ImmKind::DataMemory || kind == ImmKind::TypeData;
  switch (kind) {
    case ImmKind::Label: out.write_u32(BRINK_TRY(labels_.expect_label(tokens_))); return {};
    case ImmKind::Func: return write_index(module_.functions, out);
    case ImmKind::Type: return write_index(types, out);
    case ImmKind::Local: return write_index(locals_, out);
    case ImmKind::Global: return write_index(module_.globals, out);
    case ImmKind::Elem: return write_index(module_.elements, out);
    case ImmKind::Data: return write_index(module_.data, out);
    case ImmKind::Tag: return write_index(module_.tags, out);
    case ImmKind::Table: out.write_u32(BRINK_TRY(optional_index(module_.tables))); return {};
    case ImmKind::Memory: out.write_u32(BRINK_TRY(optional_index(module_.memories))); return {};
    case ImmKind::TableTable: return write_pair_or_none(module_.tables, out);
    case ImmKind::MemoryMemory: return write_pair_or_none(module_.memories, out);
    case ImmKind::ElemTable: return write_swapped(module_.tables, module_.elements, out);
    case ImmKind::DataMemory: return write_swapped(module_.memories, module_.data, out);
    case ImmKind::TypeType: BRINK_TRY(write_index(types, out)); return write_index(types, out);
    case ImmKind::TypeData:
      BRINK_TRY(write_index(types, out));
      return write_index(module_.data, out);
    case ImmKind::TypeElem:
      BRINK_TRY(write_index(types, out));
      return write_index(module_.elements, out);
    case ImmKind::TypeCount:
      BRINK_TRY(write_index(types, out));
      out.write_u32(BRINK_TRY(tokens_.expect_u32()));
      return {};
    default: return {};
  }
}

Status ImmediateParser::write_constant(ImmKind kind, Writer& out) {
  switch (kind) {
    case ImmKind::I32:
      out.write_s32(static_cast<int32_t>(BRINK_TRY(expect_i32_const(tokens_))));
      break;
    case ImmKind::I64:
      out.write_s64(static_cast<int64_t>(BRINK_TRY(expect_i64_const(tokens_))));
      break;
    case ImmKind::F32: out.write_fixed(BRINK_TRY(expect_f32_const(tokens_))); break;
    case ImmKind::F64: out.write_fixed(BRINK_TRY(expect_f64_const(tokens_))); break;
    case ImmKind::V128: out.write_fixed(BRINK_TRY(expect_v128_const(tokens_))); break;
    case ImmKind::Shuffle: out.write_fixed(BRINK_TRY(expect_shuffle_lanes(tokens_))); break;
    default: out.write_u8(BRINK_TRY(expect_u8(tokens_))); break;
  }
  return {};
}

Status ImmediateParser::write_index(const IndexSpace& space, Writer& out) {
  out.write_u32(BRINK_TRY(space.expect_index(tokens_)));
  return {};
}

Result<uint32_t> ImmediateParser::optional_index(const IndexSpace& space) {
  if (!tokens_.at_index()) return 0;
  return space.expect_index(tokens_);
}

Status ImmediateParser::write_swapped(const IndexSpace& optional, const IndexSpace& required,
                                      Writer& out) {
  uint32_t first = 0;
  if (tokens_.at_index() && is_index(tokens_.peek_second()))
    first = BRINK_TRY(optional.expect_index(tokens_));
  BRINK_TRY(write_index(required, out));
  out.write_u32(first);
  return {};
}

Status ImmediateParser::write_pair_or_none(const IndexSpace& space, Writer& out) {
  if (!tokens_.at_index()) {
    out.write_u32(0);
    out.write_u32(0);
    return {};
  }
  BRINK_TRY(write_index(space, out));
  return write_index(space, out);
}

Status ImmediateParser::write_label_table(Writer& out) {
  std::vector<uint32_t> labels;
  do {
    labels.push_back(BRINK_TRY(labels_.expect_label(tokens_)));
  } while (tokens_.at_index());
  out.write_u32(static_cast<uint32_t>(labels.size() - 1));
  for (const uint32_t label : labels) out.write_u32(label);
  return {};
}

Status ImmediateParser::write_call_indirect(Writer& out) {
  const uint32_t table = BRINK_TRY(optional_index(module_.tables));
  const TypeUse use = BRINK_TRY(module_.types.type_use(tokens_, ParamNames::Refused));
  out.write_u32(BRINK_TRY(module_.types.resolve(tokens_, use)));
  out.write_u32(table);
  return {};
}

Status ImmediateParser::write_select_types(Writer& out) {
  std::vector<ValType> types;
  BRINK_TRY(module_.types.results(tokens_, types));
  out.write_u32(static_cast<uint32_t>(types.size()));
  for (const ValType type : types) decode::write_val_type(out, type);
  return {};
}

Status ImmediateParser::write_ref_cast(Opcode opcode, Writer& out) {
  const ValType type = BRINK_TRY(module_.types.ref_type(tokens_));
  if (type.nullable())
    opcode = opcode == Opcode::RefTest ? Opcode::RefTestNull : Opcode::RefCastNull;
  write_opcode(opcode, out);
  decode::write_heap_type(out, type.heap());
  return {};
}

Status ImmediateParser::write_br_on_cast(Writer& out) {
  const uint32_t label = BRINK_TRY(labels_.expect_label(tokens_));
  const ValType from = BRINK_TRY(module_.types.ref_type(tokens_));
  const ValType to = BRINK_TRY(module_.types.ref_type(tokens_));
  out.write_u8(static_cast<uint8_t>((from.nullable() ? decode::cast_flags::kSourceNullable : 0) |
                                    (to.nullable() ? decode::cast_flags::kTargetNullable : 0)));
  out.write_u32(label);
  decode::write_heap_type(out, from.heap());
  decode::write_heap_type(out, to.heap());
  return {};
}

Status ImmediateParser::write_field(Writer& out) {
  const uint32_t type = BRINK_TRY(module_.types.space().expect_index(tokens_));
  out.write_u32(type);
  static const IndexSpace kNoFields("field");
  const IndexSpace* fields = module_.types.fields(type);
  return write_index(fields != nullptr ? *fields : kNoFields, out);
}

Result<std::optional<uint64_t>> ImmediateParser::take_memarg_field(std::string_view prefix) {
  const Token& token = tokens_.peek();
  if (token.kind != TokenKind::Keyword || !token.text.starts_with(prefix)) return std::nullopt;
  const std::string_view number = token.text.substr(prefix.size());
  if (number.empty() || classify_number(number) != TokenKind::Nat) return tokens_.unexpected();
  const auto value = parse_unsigned(number, std::numeric_limits<uint64_t>::max());
  if (!value) return tokens_.error(token.offset, "i64 constant out of range");
  tokens_.take();
  return value;
}

Status ImmediateParser::write_memarg(const OpcodeInfo& info, Writer& out) {
  // Before a lane a single number is the lane, not the memory.
  const Token& second = tokens_.peek_second();
  const bool has_memory =
      tokens_.at(TokenKind::Id) ||
      (tokens_.at(TokenKind::Nat) &&
       (info.imm == ImmKind::MemArg || second.kind == TokenKind::Nat || is_memarg_word(second)));
  const uint32_t memory =
      has_memory ? BRINK_TRY(module_.memories.expect_index(tokens_)) : uint32_t{0};
  const uint64_t offset = BRINK_TRY(take_memarg_field(kOffset)).value_or(0);
  const uint32_t align_at = tokens_.offset();
  const uint64_t align = BRINK_TRY(take_memarg_field(kAlign)).value_or(info.access_bytes);
  if (!std::has_single_bit(align))
    return tokens_.error(align_at, "alignment must be a power of two");
  const auto align_log2 = static_cast<uint32_t>(std::countr_zero(align));
  out.write_u32(align_log2 | (memory != 0 ? decode::memarg_flags::kHasMemoryIndex : 0));
  if (memory != 0) out.write_u32(memory);
  out.write_u64(offset);
  return {};
}

Status ImmediateParser::write_block_type(Writer& out) {
  const TypeUse use = BRINK_TRY(module_.types.type_use(tokens_, ParamNames::Refused));
  const FuncType& signature = use.signature;
  if (use.index || !signature.params.empty() || signature.results.size() > 1) {
    out.write_s33(BRINK_TRY(module_.types.resolve(tokens_, use)));
  } else if (signature.results.empty()) {
    out.write_u8(decode::kEmptyBlockByte);
  } else {
    decode::write_val_type(out, signature.results[0]);
  }
  return {};
}

Status ImmediateParser::write_catches(Writer& out) {
  Writer clauses;
  uint32_t count = 0;
  for (; tokens_.at(TokenKind::LeftParen); ++count) {
    const Token& second = tokens_.peek_second();
    const auto found = std::ranges::find(kCatchWords, second.text, &CatchWord::word);
    if (second.kind != TokenKind::Keyword || found == kCatchWords.end()) break;
    tokens_.take();
    tokens_.take();
    clauses.write_u8(found->code);
    if (found->has_tag) BRINK_TRY(write_index(module_.tags, clauses));
    clauses.write_u32(BRINK_TRY(labels_.expect_label(tokens_)));
    BRINK_TRY(tokens_.expect_close());
  }
  out.write_u32(count);
  out.write_bytes(clauses.bytes());
  return {};
}

}  // namespace brink::text
