// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/interpret/handler_table.h"

#include <unordered_map>

#include "engine/interpret/dispatch.h"

namespace brink::interpret {

void trace_instruction(BRINK_STATE);

namespace {

HandlerTables make_tables() {
  HandlerTables tables;
  fill_integer_rows(tables);
  fill_float_rows(tables);
  fill_simd_low_rows(tables);
  fill_simd_high_rows(tables);
  fill_access_rows(tables.accesses);
  fill_atomic_rows(tables.accesses);
  fill_control_handlers(tables.internal);
  fill_call_handlers(tables.internal);
  fill_state_handlers(tables.internal);
  fill_gc_handlers(tables.internal);
  fill_exception_handlers(tables.internal);
  tables.internal[static_cast<size_t>(InternalOp::Trace)] = trace_instruction;
  return tables;
}

using Names = std::unordered_map<Handler, HandlerName>;

constexpr Mode mode(int i) {
  return static_cast<Mode>(i);
}

void add_value_names(Names& names, uint16_t op, const ValueHandlers& row) {
  for (int a = 0; a < 3; ++a)
    for (int b = 0; b < 3; ++b)
      for (int result = 0; result < 2; ++result)
        if (const Handler handler = row.by_mode[a][b][result])
          names[handler] = {Shape::Value, op, {mode(a), mode(b), mode(result)}, false, false};
}

void add_compare_branch_names(Names& names, uint16_t op, const CompareBranchHandlers& row) {
  for (int a = 0; a < 2; ++a)
    for (int b = 0; b < 3; ++b)
      for (int negate = 0; negate < 2; ++negate)
        for (int backward = 0; backward < 2; ++backward)
          if (const Handler handler = row.by_mode[a][b][negate][backward])
            names[handler] = {Shape::CompareBranch,
                              op,
                              {mode(a), mode(b), Mode::Slot},
                              negate != 0,
                              backward != 0};
}

void add_access_names(Names& names, uint16_t op, const AccessHandlers& row) {
  for (int a = 0; a < 3; ++a)
    for (int v = 0; v < 3; ++v)
      if (const Handler handler = row.guarded[a][v])
        names[handler] = {Shape::Access, op, {mode(a), mode(v), Mode::Slot}, false, false};
  for (int a = 0; a < 2; ++a)
    for (int v = 0; v < 3; ++v) {
      if (const Handler handler = row.plus_constant[a][v])
        names[handler] = {
            Shape::AccessPlusConstant, op, {mode(a), mode(v), Mode::Slot}, false, false};
      if (const Handler handler = row.plus_slot[a][v])
        names[handler] = {Shape::AccessPlusSlot, op, {mode(a), mode(v), Mode::Slot}, false, false};
    }
  for (const Handler handler : row.checked)
    if (handler != nullptr) names[handler] = {Shape::CheckedAccess, op, {}, false, false};
}

Names make_names() {
  const HandlerTables& tables = handlers();
  Names names;
  for (uint16_t op = 0; op < kOpcodeCount; ++op) {
    if (tables.values[op]) add_value_names(names, op, *tables.values[op]);
    if (tables.compare_branches[op])
      add_compare_branch_names(names, op, *tables.compare_branches[op]);
    if (tables.accesses[op]) add_access_names(names, op, *tables.accesses[op]);
  }
  for (uint16_t op = 0; op < kInternalOpCount; ++op)
    names[tables.internal[op]] = {Shape::Internal, op, {}, false, false};
  return names;
}

}  // namespace

const HandlerTables& handlers() {
  static const HandlerTables tables = make_tables();
  return tables;
}

const HandlerName* find_handler_name(Handler handler) {
  static const Names names = make_names();
  const auto found = names.find(handler);
  return found == names.end() ? nullptr : &found->second;
}

}  // namespace brink::interpret
