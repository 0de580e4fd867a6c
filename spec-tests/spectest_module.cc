// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec-tests/spectest_module.h"

#include "engine/support/try.h"

namespace brink::spec_tests {
namespace {

constexpr std::string_view kModule = "spectest";

/// The suite's print functions: what they print matters to nobody.
Status define_prints(Linker& linker) {
  BRINK_TRY(linker.define(kModule, "print", [] {}));
  BRINK_TRY(linker.define(kModule, "print_i32", [](int32_t) {}));
  BRINK_TRY(linker.define(kModule, "print_i64", [](int64_t) {}));
  BRINK_TRY(linker.define(kModule, "print_f32", [](float) {}));
  BRINK_TRY(linker.define(kModule, "print_f64", [](double) {}));
  BRINK_TRY(linker.define(kModule, "print_i32_f32", [](int32_t, float) {}));
  return linker.define(kModule, "print_f64_f64", [](double, double) {});
}

Status define_global(Linker& linker, std::string_view name, const Value& value) {
  const Global global =
      BRINK_TRY(Global::create(linker.store(), GlobalType{value.type(), false}, value));
  return linker.define(kModule, name, Extern(global));
}

Status define_table(Linker& linker, std::string_view name, AddressType address) {
  TableType type;
  type.limits = {10, 20};
  type.address = address;
  const Table table =
      BRINK_TRY(Table::create(linker.store(), type, Value::null(AbstractHeapType::Func)));
  return linker.define(kModule, name, Extern(table));
}

Status define_memory(Linker& linker, std::string_view name, bool is_shared) {
  MemoryType type;
  type.limits = {1, 2};
  type.is_shared = is_shared;
  const Memory memory = BRINK_TRY(Memory::create(linker.store(), type));
  return linker.define(kModule, name, Extern(memory));
}

}  // namespace

Status define_spectest(Linker& linker) {
  BRINK_TRY(define_prints(linker));
  BRINK_TRY(define_global(linker, "global_i32", Value::i32(666)));
  BRINK_TRY(define_global(linker, "global_i64", Value::i64(666)));
  BRINK_TRY(define_global(linker, "global_f32", Value::f32(666.6f)));
  BRINK_TRY(define_global(linker, "global_f64", Value::f64(666.6)));
  BRINK_TRY(define_table(linker, "table", AddressType::I32));
  BRINK_TRY(define_table(linker, "table64", AddressType::I64));
  BRINK_TRY(define_memory(linker, "memory", false));
  return define_memory(linker, "shared_memory", true);
}

}  // namespace brink::spec_tests
