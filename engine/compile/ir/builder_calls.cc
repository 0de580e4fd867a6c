// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The builder's calls, of functions and of the runtime. See function_builder.h.

#include "engine/compile/ir/function_builder.h"
#include "engine/compile/ir/vm_layout.h"

namespace brink::compile::ir {

/// The results of an operation that has been added last.
void FunctionBuilder::take_results(ValueId call, Args results) {
  for (size_t i = 0; i < results.size(); ++i)
    results[i].value.id = append(make_inst(Op::Result, type_of(results[i].type), {call}, i));
}

/// Adds a call; inside of a try it ends the block if it may throw.
ValueId FunctionBuilder::emit_call(Decoder& d, Inst inst, bool may_throw) {
  const uint32_t handler = d.frame(0).control.handler;
  if (!may_throw || handler == kNone || !is_live_) return effect(inst);
  inst.op = inst.op == Op::Call ? Op::Invoke : Op::RuntimeInvoke;
  const uint32_t targets = terminate(inst, 2);
  const ValueId id = f_.blocks[current_].insts.back();
  const BlockId normal = new_block();
  f_.targets[targets].block = normal;
  const BlockId landing = make_landing(handler);
  f_.targets[targets + 1].block = landing;
  enter(normal, true);
  return id;
}

// ---- functions ----

uint64_t FunctionBuilder::add_callee(const Instruction& i, const FuncType& type) {
  CallInfo call;
  call.type = &type;
  switch (i.opcode) {
    case Opcode::Call:
    case Opcode::ReturnCall:
      call.kind =
          module_.is_imported_function(i.index) ? CallInfo::Kind::Import : CallInfo::Kind::Direct;
      call.index = i.index;
      call.type_index = module_.functions[i.index].type_index;
      break;
    case Opcode::CallIndirect:
    case Opcode::ReturnCallIndirect:
      call.kind = CallInfo::Kind::Indirect;
      call.index = i.index2;
      call.type_index = i.index;
      break;
    default:
      call.kind = CallInfo::Kind::Ref;
      call.type_index = i.index;
      break;
  }
  call.type_id = module_.type_ids[call.type_index];
  f_.calls.push_back(call);
  return f_.calls.size() - 1;
}

/// What a call gets: values_of() them, and the table.
std::span<const ValueId> FunctionBuilder::call_args(const Instruction& i, Args args) {
  if (i.opcode != Opcode::CallIndirect && i.opcode != Opcode::ReturnCallIndirect)
    return values_of(args);
  const ValueId table = list_entry(vm_layout::kTables, i.index2);
  values_of(args);
  scratch_.push_back(table);
  return scratch_;
}

void FunctionBuilder::call(Decoder& d, const Instruction& i, const FuncType& type, Args args,
                           Args results) {
  if (failed_) return;
  start(d, i.offset);
  charge();
  if (i.opcode == Opcode::CallRef) check_null(args.back(), TrapCode::NullFunctionReference);
  Inst inst = make_inst(Op::Call, Type::Void, {}, add_callee(i, type));
  set_args(f_, inst, call_args(i, args));
  take_results(emit_call(d, inst, true), results);
}

void FunctionBuilder::return_call(Decoder& d, const Instruction& i, const FuncType& type,
                                  Args args) {
  if (failed_) return;
  start(d, i.offset);
  charge();
  if (i.opcode == Opcode::ReturnCallRef) check_null(args.back(), TrapCode::NullFunctionReference);
  if (is_live_) {
    Inst inst = make_inst(Op::TailCall, Type::Void, {}, add_callee(i, type));
    set_args(f_, inst, call_args(i, args));
    terminate(inst, 0);
  }
  kill();
}

// ---- the runtime ----

/// The result, or kNoValue if that is void.
ValueId FunctionBuilder::call_runtime(Decoder& d, RuntimeFunction function,
                                      std::span<const ValueId> args, uint32_t a, uint32_t b,
                                      Type result) {
  Inst inst = make_inst(Op::RuntimeCall, Type::Void, {}, static_cast<uint64_t>(function),
                        uint64_t{b} << 32 | a);
  set_args(f_, inst, args);
  const ValueId id = emit_call(d, inst, false);
  if (result == Type::Void) return kNoValue;
  return append(make_inst(Op::Result, result, {id}, 0));
}

void FunctionBuilder::runtime_operation(Decoder& d, RuntimeFunction function, Args args, uint32_t a,
                                        uint32_t b, Args results) {
  const Type type = results.empty() ? Type::Void : type_of(results[0].type);
  const ValueId result = call_runtime(d, function, values_of(args), a, b, type);
  if (!results.empty()) results[0].value.id = result;
}

}  // namespace brink::compile::ir
