// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/validate/module_validator.h"

#include <algorithm>
#include <string>
#include <tuple>

#include <fmt/format.h>

#include "engine/support/check.h"
#include "engine/support/try.h"
#include "engine/validate/body_validator.h"
#include "engine/validate/type_validator.h"

namespace brink::validate {
namespace {

using wasm::SectionId;

/// Checks the parts of a module in the order of their index spaces.
class ModuleValidator {
 public:
  explicit ModuleValidator(wasm::Module& module) : module_(module), bodies_(module) {}

  Status declarations() {
    module_.declared_functions.assign(module_.functions.size(), false);
    BRINK_TRY(imports());
    BRINK_TRY(functions());
    BRINK_TRY(tables());
    BRINK_TRY(memories());
    BRINK_TRY(tags());
    BRINK_TRY(globals());
    BRINK_TRY(exports());
    BRINK_TRY(start());
    BRINK_TRY(elements());
    return data();
  }

  Status bodies() {
    const auto count = static_cast<uint32_t>(module_.functions.size());
    for (uint32_t i = module_.imported_functions; i < count; ++i) BRINK_TRY(bodies_.check_body(i));
    return {};
  }

 private:
  uint64_t offset_of(SectionId id) const { return section_offset(module_, id); }

  static Status invalid(std::string message, uint64_t offset) {
    return make_error(ErrorKind::Invalid, std::move(message), offset);
  }

  static Status check_index(std::string_view what, uint32_t index, size_t count, uint64_t offset) {
    if (index < count) return {};
    return invalid(fmt::format("unknown {} {}", what, index), offset);
  }

  Status imports() {
    for (const wasm::Import& import : module_.imports) {
      const auto check = [&](const auto& desc) { return check_import(desc, import.offset); };
      BRINK_TRY(std::visit(check, import.desc));
    }
    return {};
  }
  Status check_import(const wasm::FuncDesc& func, uint64_t offset) {
    return check_func_type(func.type_index, offset);
  }
  Status check_import(const wasm::TagDesc& tag, uint64_t offset) {
    return check_tag(tag.type_index, offset);
  }
  Status check_import(const TableType& table, uint64_t offset) {
    return check_table(table, offset);
  }
  Status check_import(const MemoryType& memory, uint64_t offset) {
    return check_memory(memory, offset);
  }
  Status check_import(const GlobalType& global, uint64_t offset) {
    if (global.is_mutable && !module_.features.has(Feature::MutableGlobal))
      return invalid("mutable globals cannot be imported without the feature 'mutable-global'",
                     offset);
    return check_type_exists(module_, global.value, offset);
  }

  Status check_func_type(uint32_t type_index, uint64_t offset) {
    BRINK_TRY(check_index("type", type_index, module_.types.size(), offset));
    if (std::holds_alternative<FuncType>(module_.types[type_index].composite)) return {};
    return invalid(fmt::format("type mismatch: type {} is no function type", type_index), offset);
  }

  Status functions() {
    const uint64_t offset = offset_of(SectionId::Function);
    for (const wasm::Function& function : defined(module_.functions, module_.imported_functions))
      BRINK_TRY(check_func_type(function.type_index, offset));
    return {};
  }

  Status tables() {
    const uint64_t offset = offset_of(SectionId::Table);
    if (module_.tables.size() > 1 && !module_.features.has(Feature::ReferenceTypes))
      return invalid("multiple tables need the feature 'reference-types'", offset);
    for (const wasm::Table& table : defined(module_.tables, module_.imported_tables)) {
      BRINK_TRY(check_table(table.type, offset));
      const ValType element = module_.canonical(table.type.element);
      if (table.init) {
        BRINK_TRY(bodies_.check_constant(*table.init, element, module_.imported_globals));
      } else if (!element.is_defaultable()) {
        return invalid(
            fmt::format("type mismatch: a table of {} needs an initializer", to_string(element)),
            offset);
      }
    }
    return {};
  }

  Status check_table(const TableType& table, uint64_t offset) {
    BRINK_TRY(check_type_exists(module_, table.element, offset));
    if (table.address == AddressType::I32) {
      const uint64_t largest = std::max(table.limits.min, table.limits.max.value_or(0));
      if (largest > ~uint32_t{0})
        return invalid(fmt::format("table size must be at most 4294967295, not {}", largest),
                       offset);
    }
    return check_order(table.limits, offset);
  }

  static Status check_order(const Limits& limits, uint64_t offset) {
    if (!limits.max || limits.min <= *limits.max) return {};
    return invalid(fmt::format("size minimum must not be greater than maximum: {} and {}",
                               limits.min, *limits.max),
                   offset);
  }

  Status memories() {
    const uint64_t offset = offset_of(SectionId::Memory);
    if (module_.memories.size() > 1 && !module_.features.has(Feature::MultiMemory))
      return invalid("multiple memories need the feature 'multi-memory'", offset);
    for (const MemoryType& memory : defined(module_.memories, module_.imported_memories))
      BRINK_TRY(check_memory(memory, offset));
    return {};
  }

  Status check_memory(const MemoryType& memory, uint64_t offset) {
    if (memory.page_size_log2 != 0 && memory.page_size_log2 != MemoryType::kDefaultPageSizeLog2)
      return invalid(
          fmt::format("invalid custom page size: 2^{} bytes, only 1 and 65536 are allowed",
                      memory.page_size_log2),
          offset);
    const uint64_t most = max_pages(memory);
    const uint64_t largest = std::max(memory.limits.min, memory.limits.max.value_or(0));
    if (largest > most)
      return invalid(fmt::format("memory size must be at most {} pages{}, not {}", most,
                                 most == 65536 ? " (4GiB)" : "", largest),
                     offset);
    if (memory.is_shared && !memory.limits.max)
      return invalid("shared memory must have maximum", offset);
    return check_order(memory.limits, offset);
  }

  /// Pages that the address type can reach; of one-byte pages one less, so that sizes fit it too.
  static uint64_t max_pages(const MemoryType& memory) {
    const uint32_t bits = memory.address == AddressType::I64 ? 64 : 32;
    if (memory.page_size_log2 == 0) return ~uint64_t{0} >> (64 - bits);
    return uint64_t{1} << (bits - memory.page_size_log2);
  }

  Status tags() {
    const uint64_t offset = offset_of(SectionId::Tag);
    for (const uint32_t type_index : defined(module_.tags, module_.imported_tags))
      BRINK_TRY(check_tag(type_index, offset));
    return {};
  }

  Status check_tag(uint32_t type_index, uint64_t offset) {
    BRINK_TRY(check_func_type(type_index, offset));
    if (std::get<FuncType>(module_.types[type_index].composite).results.empty()) return {};
    return invalid(fmt::format("non-empty tag result type: type {}", type_index), offset);
  }

  Status globals() {
    for (uint32_t i = module_.imported_globals; i < module_.globals.size(); ++i) {
      const wasm::Global& global = module_.globals[i];
      BRINK_TRY(check_type_exists(module_, global.type.value, global.init.offset));
      BRINK_TRY(bodies_.check_constant(global.init, module_.canonical(global.type.value),
                                       visible_globals(i)));
    }
    return {};
  }

  /// Globals that a constant expression behind `count` globals may name.
  uint32_t visible_globals(size_t count) const {
    return module_.features.has(Feature::Gc) ? static_cast<uint32_t>(count)
                                             : module_.imported_globals;
  }

  Status exports() {
    for (const wasm::Export& exported : module_.exports) {
      BRINK_TRY(check_index(to_string(exported.kind), exported.index, index_space(exported.kind),
                            exported.offset));
      if (exported.kind == ExternKind::Func) module_.declared_functions[exported.index] = true;
      if (exported.kind == ExternKind::Global && module_.globals[exported.index].type.is_mutable &&
          !module_.features.has(Feature::MutableGlobal))
        return invalid("mutable globals cannot be exported without the feature 'mutable-global'",
                       exported.offset);
    }
    return check_export_names();
  }

  size_t index_space(ExternKind kind) const {
    switch (kind) {
      case ExternKind::Func: return module_.functions.size();
      case ExternKind::Table: return module_.tables.size();
      case ExternKind::Memory: return module_.memories.size();
      case ExternKind::Global: return module_.globals.size();
      case ExternKind::Tag: return module_.tags.size();
    }
    BRINK_UNREACHABLE();
  }

  Status check_export_names() const {
    // Sorted, not hashed: nobody can prepare names that make this slow.
    std::vector<const wasm::Export*> sorted;
    for (const wasm::Export& exported : module_.exports) sorted.push_back(&exported);
    std::ranges::sort(sorted, [](const wasm::Export* a, const wasm::Export* b) {
      return std::tie(a->name, a->offset) < std::tie(b->name, b->offset);
    });
    const auto same = std::ranges::adjacent_find(sorted, {}, &wasm::Export::name);
    if (same == sorted.end()) return {};
    return invalid(fmt::format("duplicate export name \"{}\"", (*same)->name),
                   (*(same + 1))->offset);
  }

  Status start() {
    if (!module_.start) return {};
    BRINK_TRY(
        check_index("function", *module_.start, module_.functions.size(), module_.start_offset));
    const FuncType& type = module_.function_type(*module_.start);
    if (type.params.empty() && type.results.empty()) return {};
    return invalid(fmt::format("start function must have type [] -> [], not {}", to_string(type)),
                   module_.start_offset);
  }

  Status elements() {
    for (const wasm::ElementSegment& segment : module_.elements) {
      BRINK_TRY(check_type_exists(module_, segment.type, segment.offset));
      const ValType type = module_.canonical(segment.type);
      if (segment.mode == wasm::SegmentMode::Active) BRINK_TRY(check_active(segment, type));
      for (const uint32_t index : segment.functions) {
        BRINK_TRY(check_index("function", index, module_.functions.size(), segment.offset));
        module_.declared_functions[index] = true;
      }
      for (const wasm::ConstExpr& expression : segment.expressions)
        BRINK_TRY(
            bodies_.check_constant(expression, type, visible_globals(module_.globals.size())));
    }
    return {};
  }

  Status check_active(const wasm::ElementSegment& segment, ValType type) {
    BRINK_TRY(check_index("table", segment.table_index, module_.tables.size(), segment.offset));
    const TableType& table = module_.tables[segment.table_index].type;
    if (!module_.registry->matches(type, module_.canonical(table.element)))
      return invalid(fmt::format("type mismatch: elements of type {} in a table of {}",
                                 to_string(type), to_string(table.element)),
                     segment.offset);
    return bodies_.check_constant(segment.offset_expr, to_val_type(table.address),
                                  visible_globals(module_.globals.size()));
  }

  Status data() {
    for (const wasm::DataSegment& segment : module_.data) {
      if (segment.mode != wasm::SegmentMode::Active) continue;
      BRINK_TRY(
          check_index("memory", segment.memory_index, module_.memories.size(), segment.offset));
      BRINK_TRY(bodies_.check_constant(segment.offset_expr,
                                       to_val_type(module_.memories[segment.memory_index].address),
                                       visible_globals(module_.globals.size())));
    }
    return {};
  }

  /// The part of an index space behind its imports.
  template <typename T>
  static std::span<const T> defined(const std::vector<T>& space, uint32_t imported) {
    return std::span(space).subspan(imported);
  }

  wasm::Module& module_;
  BodyValidator bodies_;
};

Status prepare(wasm::Module& module, std::shared_ptr<TypeRegistry> registry) {
  module.registry = std::move(registry);
  return validate_types(module);
}

}  // namespace

Status validate_declarations(wasm::Module& module, std::shared_ptr<TypeRegistry> registry) {
  BRINK_TRY(prepare(module, std::move(registry)));
  return ModuleValidator(module).declarations();
}

Status validate_module(wasm::Module& module, std::shared_ptr<TypeRegistry> registry) {
  BRINK_TRY(prepare(module, std::move(registry)));
  ModuleValidator validator(module);
  BRINK_TRY(validator.declarations());
  return validator.bodies();
}

}  // namespace brink::validate
