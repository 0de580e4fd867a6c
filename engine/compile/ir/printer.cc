// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/ir/printer.h"

#include <bit>
#include <iterator>

#include <fmt/format.h>

namespace brink::compile::ir {
namespace {

constexpr std::string_view kRuntimeFunctionNames[] = {
#define BRINK_RUNTIME_FUNCTION(id, name, collects) name,
#include "engine/compile/runtime_functions.def"
};

class Printer {
 public:
  explicit Printer(const Function& function) : function_(function) {}

  std::string take() { return std::move(text_); }

  void print_function() {
    put("function {}", function_.function_index);
    if (function_.type != nullptr) put(" {}", brink::to_string(*function_.type));
    put("\n");
    for (BlockId id = 0; id < function_.blocks.size(); ++id) print_block(id);
  }

  void print_inst(ValueId id, const Block* block = nullptr) {
    const Inst& inst = function_[id];
    if (inst.type != Type::Void) put("v{} = ", id);
    put("{}", to_string(inst.op));
    if (is_memory_access(inst)) print_access(inst);
    separator_ = " ";
    for (const ValueId arg : function_.args(inst)) item("v{}", arg);
    print_immediates(inst);
    if (block != nullptr)
      for (const Target& target : function_.targets_of(*block)) print_target(target);
    // The type where the operation does not tell it.
    if (needs_type(inst)) put(": {}", to_string(inst.type));
  }

 private:
  template <typename... T>
  void put(fmt::format_string<T...> format, T&&... values) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<T>(values)...);
  }
  template <typename... T>
  void item(fmt::format_string<T...> format, T&&... values) {
    text_ += separator_;
    separator_ = ", ";
    put(format, std::forward<T>(values)...);
  }

  static bool is_memory_access(const Inst& inst) {
    if (!is_wasm(inst.op)) return false;
    const ImmKind kind = info(to_opcode(inst.op)).imm;
    return kind == ImmKind::MemArg || kind == ImmKind::MemArgLane;
  }

  static bool needs_type(const Inst& inst) {
    switch (inst.op) {
      case Op::Result:
      case Op::Copy:
      case Op::RefNull:
      case Op::Param: return true;
      default:
        return inst.op == to_op(Opcode::Select) || inst.op == to_op(Opcode::GlobalGet) ||
               (inst.type == Type::Ref && is_wasm(inst.op));
    }
  }

  void print_block(BlockId id) {
    const Block& block = function_.blocks[id];
    put("block {}", id);
    separator_ = " (";
    for (const ValueId param : block.params)
      item("v{}: {}", param, to_string(function_[param].type));
    if (!block.params.empty()) put(")");
    if (block.is_loop_header) put(" loop");
    if (block.loop_depth != 0) put(" depth {}", block.loop_depth);
    if (block.is_cold) put(" cold");
    put("\n");
    for (const ValueId inst : block.insts) {
      put("  ");
      print_inst(inst, inst == block.insts.back() ? &block : nullptr);
      put("\n");
    }
  }

  void print_target(const Target& target) {
    item("block {}", target.block);
    if (target.arg_count == 0) return;
    put(" (");
    separator_ = "";
    for (const ValueId arg : function_.args(target)) item("v{}", arg);
    put(")");
    separator_ = ", ";
  }

  void print_access(const Inst& inst) {
    if (inst.is_raw()) put(" raw");
    switch (inst.region()) {
      case region::kHeap: put(" heap"); break;
      case region::kConstant: put(" constant"); break;
      case region::kVm: put(" vm"); break;
      case 0: break;
      default: put(" memory {}", inst.region());
    }
    if (inst.offset() != 0) put(" +{}", inst.offset());
  }

  void print_immediates(const Inst& inst) {
    if (is_wasm(inst.op)) return print_wasm_immediates(inst);
    switch (inst.op) {
      case Op::Result:
      case Op::TypeId: return item("{}", inst.imm);
      case Op::TrapIf:
      case Op::TrapUnless:
      case Op::Trap: return item("\"{}\"", brink::to_string(static_cast<TrapCode>(inst.imm)));
      case Op::CheckedAddress:
        return item("memory {} +{} bytes {}", inst.imm >> 32, inst.imm2,
                    static_cast<uint32_t>(inst.imm));
      case Op::Fuel: return item("{}", inst.imm);
      case Op::Landing: return print_clauses(inst);
      case Op::Call:
      case Op::Invoke:
      case Op::TailCall: return print_callee(function_.calls[inst.imm]);
      case Op::RuntimeCall:
      case Op::RuntimeInvoke:
        return item("{} {} {}", kRuntimeFunctionNames[inst.imm], static_cast<uint32_t>(inst.imm2),
                    inst.imm2 >> 32);
      default: return;
    }
  }

  void print_wasm_immediates(const Inst& inst) {
    switch (info(to_opcode(inst.op)).imm) {
      case ImmKind::I32: return item("{}", static_cast<int32_t>(inst.imm));
      case ImmKind::I64: return item("{}", static_cast<int64_t>(inst.imm));
      case ImmKind::F32:
        return item("{:#010x} {}", inst.imm, std::bit_cast<float>(static_cast<uint32_t>(inst.imm)));
      case ImmKind::F64: return item("{:#018x} {}", inst.imm, std::bit_cast<double>(inst.imm));
      case ImmKind::V128:
      case ImmKind::Shuffle: {
        const V128& vector = function_.vectors[inst.imm];
        return item("{:#018x}:{:016x}", vector.words[1], vector.words[0]);
      }
      case ImmKind::Lane:
      case ImmKind::MemArgLane: return item("lane {}", inst.lane);
      case ImmKind::Global: return item("global {}", inst.imm);
      default: return;
    }
  }

  void print_callee(const CallInfo& call) {
    switch (call.kind) {
      case CallInfo::Kind::Direct: return item("function {}", call.index);
      case CallInfo::Kind::Import: return item("import {}", call.index);
      case CallInfo::Kind::Indirect: return item("table {} type {}", call.index, call.type_index);
      case CallInfo::Kind::Ref: return item("ref type {}", call.type_index);
    }
  }

  void print_clauses(const Inst& inst) {
    for (uint64_t i = 0; i < inst.imm2; ++i) {
      const HandlerClause& clause = function_.clauses[inst.imm + i];
      if (clause.tag_index == HandlerClause::kAll)
        item("all");
      else
        item("tag {}", clause.tag_index);
    }
  }

  const Function& function_;
  std::string text_;
  std::string_view separator_;
};

}  // namespace

std::string to_text(const Function& function) {
  Printer printer(function);
  printer.print_function();
  return printer.take();
}

std::string to_text(const Function& function, ValueId inst) {
  Printer printer(function);
  printer.print_inst(inst);
  return printer.take();
}

}  // namespace brink::compile::ir
