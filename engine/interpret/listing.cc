// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/interpret/listing.h"

#include <fmt/format.h>

#include "engine/interpret/handler_table.h"
#include "engine/interpret/translator.h"
#include "engine/support/try.h"

namespace brink::interpret {
namespace {

enum class Layout : uint8_t { Plain, Move, Fields, Branch, Table };

struct InternalRow {
  std::string_view name;
  uint32_t words;
  Layout layout;
};

constexpr InternalRow kInternalRows[] = {
#define BRINK_INTERNAL_OP(id, words, layout) {#id, words, Layout::layout},
#include "engine/interpret/internal_ops.def"
};

struct Line {
  std::string name;
  std::string operands;
  uint32_t words = 2;
};

std::string slot(Mode mode, uint32_t number) {
  return mode == Mode::Acc ? "acc" : fmt::format("s{}", number);
}

bool has_f64_constant(const HandlerName& name) {
  const Signature& signature = info(static_cast<Opcode>(name.op)).signature;
  return name.modes[1] == Mode::Imm && signature.operand_count == 2 &&
         signature.operands[1] == static_cast<uint8_t>(ValKind::F64);
}

Line list_constant_left(const HandlerName& name, const CodeWord* pc) {
  const OpcodeInfo& row = info(static_cast<Opcode>(name.op));
  const Operands op = pc[1].operands;
  const bool is_f64 = row.signature.operands[0] == static_cast<uint8_t>(ValKind::F64);
  const std::string constant =
      is_f64 ? fmt::format("{}", std::bit_cast<double>(pc[2].bits)) : fmt::format("{}", op.imm);
  Line line;
  line.name = row.mnemonic;
  line.operands =
      fmt::format("{} = {}, {}", slot(name.modes[2], op.a), constant, slot(name.modes[1], op.b));
  if (is_f64) line.words = 3;
  return line;
}

Line list_value(const HandlerName& name, const CodeWord* pc) {
  const OpcodeInfo& row = info(static_cast<Opcode>(name.op));
  const Operands op = pc[1].operands;
  Line line;
  line.name = row.mnemonic;
  if (name.modes[0] == Mode::Imm) return list_constant_left(name, pc);
  line.operands = fmt::format("{} = {}", slot(name.modes[2], op.a), slot(name.modes[0], op.b));
  if (row.cls == OpClass::ExtractLane) {
    line.operands += fmt::format(", lane {}", op.c);
  } else if (row.cls == OpClass::ReplaceLane) {
    line.operands += fmt::format(", {}, lane {}", slot(name.modes[1], op.c), op.d);
  } else if (has_f64_constant(name)) {
    line.operands += fmt::format(", {}", std::bit_cast<double>(pc[2].bits));
    line.words = 3;
  } else if (name.modes[1] == Mode::Imm) {
    line.operands += fmt::format(", {}", op.imm);
  } else if (row.signature.operand_count >= 2) {
    line.operands += fmt::format(", {}", slot(name.modes[1], op.c));
  }
  if (row.cls == OpClass::Ternary) line.operands += fmt::format(", s{}", op.d);
  if (row.cls == OpClass::Shuffle) line.words = 4;
  return line;
}

Line list_compare_branch(const HandlerName& name, const CodeWord* pc, int64_t position) {
  const Operands op = pc[1].operands;
  const std::string right = name.modes[1] == Mode::Imm
                                ? fmt::format("{}", static_cast<int64_t>(pc[2].bits))
                                : slot(name.modes[1], op.b);
  Line line;
  if (name.modes[1] == Mode::Imm) line.words = 3;
  line.name = fmt::format("{}{}+{}", name.negate ? "not " : "",
                          mnemonic(static_cast<Opcode>(name.op)), name.backward ? "loop" : "br");
  line.operands = fmt::format("{}, {} -> {}", slot(name.modes[0], op.a), right, position + op.imm);
  return line;
}

Line list_access(const HandlerName& name, const CodeWord* pc) {
  const OpcodeInfo& row = info(static_cast<Opcode>(name.op));
  const Operands op = pc[1].operands;
  const bool is_lane = row.cls == OpClass::LoadLane || row.cls == OpClass::StoreLane;
  const bool is_checked = name.shape == Shape::CheckedAccess;
  const bool is_load = row.cls == OpClass::Load || row.cls == OpClass::LoadLane;
  const uint64_t offset = is_checked ? pc[2].bits : static_cast<uint32_t>(op.imm);
  std::string address = name.modes[0] == Mode::Imm
                            ? fmt::format("[{}]", offset)
                            : fmt::format("[{} + {}]", slot(name.modes[0], op.b), offset);
  if (name.shape == Shape::AccessPlusConstant)
    address = fmt::format("[{} +32 {}]", slot(name.modes[0], op.b), op.imm);
  if (name.shape == Shape::AccessPlusSlot)
    address = fmt::format("[{} +32 s{} + {}]", slot(name.modes[0], op.b), op.c, op.d);
  if (is_checked) address = fmt::format("memory {} {}", op.imm, address);
  const std::string value = name.modes[1] == Mode::Imm
                                ? fmt::format("{}", static_cast<int16_t>(op.a))
                                : slot(name.modes[1], op.a);
  Line line;
  line.name = row.mnemonic;
  line.operands =
      is_load ? fmt::format("{} = {}", value, address) : fmt::format("{} = {}", address, value);
  const bool is_atomic = row.prefix == OpcodePrefix::Atomic;
  line.words = 2 + (is_checked ? 1 : 0) + (is_lane || is_atomic ? 1 : 0);
  return line;
}

Line list_internal(const HandlerName& name, const CodeWord* pc, int64_t position) {
  const InternalRow& row = kInternalRows[name.op];
  const Operands op = pc[1].operands;
  const WideOperands wide = pc[1].wide;
  Line line;
  line.name = row.name;
  line.words = row.words;
  switch (row.layout) {
    case Layout::Plain: line.operands = fmt::format("{} {}", wide.lo, wide.hi); break;
    case Layout::Move: line.operands = fmt::format("s{} = s{}", wide.lo, wide.hi); break;
    case Layout::Fields:
      line.operands = fmt::format("s{} = s{}, s{}, s{}", op.a, op.b, op.c, op.d);
      break;
    case Layout::Branch: line.operands = fmt::format("s{} -> {}", op.a, position + op.imm); break;
    case Layout::Table: {
      line.operands = fmt::format("s{}", op.a);
      for (int32_t i = 0; i <= op.imm; ++i)
        line.operands += fmt::format("{}{}", i == 0 ? " -> " : " ",
                                     position + static_cast<int64_t>(pc[2 + i].bits));
      line.words += static_cast<uint32_t>(op.imm) + 1;
      break;
    }
  }
  // The words behind: callee and frame of calls, further operands.
  if (row.layout == Layout::Plain && row.words > 2) {
    line.operands.clear();
    const bool is_direct_call = row.name == "Call" || row.name == "ReturnCall";
    if (is_direct_call) line.operands = fmt::format("func {}", pc[1].header->function_index);
    for (uint32_t i = is_direct_call ? 2 : 1; i < row.words; ++i)
      line.operands +=
          fmt::format("{}{} {}", line.operands.empty() ? "" : "; ", pc[i].wide.lo, pc[i].wide.hi);
  }
  return line;
}

Line list_instruction(const CodeWord* pc, int64_t position) {
  const HandlerName* name = find_handler_name(pc->handler);
  if (name == nullptr) return {"?", "", 1};
  switch (name->shape) {
    case Shape::Value: return list_value(*name, pc);
    case Shape::CompareBranch: return list_compare_branch(*name, pc, position);
    case Shape::Access:
    case Shape::AccessPlusConstant:
    case Shape::AccessPlusSlot:
    case Shape::CheckedAccess: return list_access(*name, pc);
    case Shape::Internal: break;
  }
  return list_internal(*name, pc, position);
}

}  // namespace

Result<std::string> list_code(const runtime::ModuleState& module, uint32_t function_index) {
  const std::unique_ptr<FunctionCode> code =
      BRINK_TRY(translate_function(module, function_index, nullptr));
  const std::string name = module.function_name(function_index);
  std::string out =
      fmt::format("function {}{}{}: {} slots, {} of parameters, link at s{}\n", function_index,
                  name.empty() ? "" : " ", name, code->header.slots(), code->header.param_slots,
                  code->header.link_slot);
  for (size_t i = 0; i < code->words.size();) {
    const Line line = list_instruction(&code->words[i], static_cast<int64_t>(i));
    out += fmt::format("{:6}  {:<24} {}\n", i, line.name, line.operands);
    i += line.words;
  }
  return out;
}

}  // namespace brink::interpret
