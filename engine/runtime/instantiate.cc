// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Instantiation (spec: modules, instantiation): match the imports, allocate, evaluate initializers,
// write active segments. The start function is run by the caller, which knows how to run code.

#include <fmt/format.h>

#include "engine/runtime/gc_objects.h"
#include "engine/runtime/instance.h"
#include "engine/runtime/store_state.h"
#include "engine/semantics/integer.h"
#include "engine/support/check.h"
#include "engine/support/trace.h"
#include "engine/support/try.h"
#include "engine/validate/const_expr.h"

namespace brink::runtime {
namespace {

using wasm::Import;

// ---- matching imports (spec: external types, matching) ----

/// `actual_min` is the current size.
bool limits_match(uint64_t actual_min, std::optional<uint64_t> actual_max, const Limits& expected) {
  if (actual_min < expected.min) return false;
  if (!expected.max) return true;
  return actual_max && *actual_max <= *expected.max;
}

bool table_matches(const TableObject& table, const TableType& expected) {
  return table.type.element == expected.element && table.type.address == expected.address &&
         limits_match(table.size, table.type.limits.max, expected.limits);
}

bool memory_matches(const MemoryObject& memory, const MemoryType& expected) {
  return memory.type.address == expected.address && memory.type.is_shared == expected.is_shared &&
         memory.type.page_size_log2 == expected.page_size_log2 &&
         limits_match(memory.pages(), memory.type.limits.max, expected.limits);
}

bool global_matches(const GlobalObject& global, const GlobalType& expected,
                    const TypeRegistry& types) {
  if (global.type.is_mutable != expected.is_mutable) return false;
  return expected.is_mutable ? global.type.value == expected.value
                             : types.matches(global.type.value, expected.value);
}

/// Text of an import's type in canonical numbers.
ExternType expected_type(const wasm::Module& module, const Import& import) {
  struct Visitor {
    const wasm::Module& module;
    ExternType operator()(const wasm::FuncDesc& desc) const {
      return *module.registry->get(module.type_ids[desc.type_index]).func();
    }
    ExternType operator()(TableType type) const {
      type.element = module.canonical(type.element);
      return type;
    }
    ExternType operator()(const MemoryType& type) const { return type; }
    ExternType operator()(GlobalType type) const {
      type.value = module.canonical(type.value);
      return type;
    }
    ExternType operator()(const wasm::TagDesc& desc) const {
      return TagType{*module.registry->get(module.type_ids[desc.type_index]).func()};
    }
  };
  return std::visit(Visitor{module}, import.desc);
}

/// Whose function an import is bound to; for traces.
std::string provider(const Extern& item) {
  if (item.kind() != ExternKind::Func) return "given";
  const FuncObject& function = *item.func()->object();
  if (function.is_host()) return "by the host";
  return fmt::format("func {} of {}", function.function_index, function.instance->module->name);
}

class Instantiation {
 public:
  Instantiation(StoreState& store, InstanceObject& instance)
      : store_(store), instance_(instance), module_(instance.module->decoded) {}

  Status link(std::span<const Extern> imports);
  Status allocate();
  TrapCode write_segments();

  // ---- evaluator of constant expressions ----
  using Value = V128;
  Value constant(const decode::Instruction& i) {
    return i.opcode == Opcode::V128Const ? i.vector : V128{{i.bits, 0}};
  }
  Value ref_null(HeapType) { return {}; }
  Value ref_func(uint32_t index) {
    return V128{{reinterpret_cast<Slot>(instance_.func_ref(index)), 0}};
  }
  Value global_get(uint32_t index) {
    const GlobalObject& global = *instance_.global_list[index];
    return V128{{global.value[0], global.value[1]}};
  }
  Value binary(Opcode opcode, Value a, Value b);
  /// The conversions between any and extern leave the word as it is.
  Value convert(Opcode opcode, Value a) {
    if (opcode != Opcode::RefI31) return a;
    return V128{{make_i31(static_cast<uint32_t>(a.words[0])), 0}};
  }
  Result<Value> allocate(const decode::Instruction& i, std::span<Value> operands,
                         std::span<Value> pending);

 private:
  bool bind(const Import& import, const Extern& item);
  /// Nothing is collected while an expression holds values that no root leads to.
  Result<Value> evaluate(wasm::ConstExpr expression) {
    if (store_.gc_stress || store_.heap.wants_collection(0)) collect_garbage(store_);
    ++store_.collection_bans;
    Result<Value> value = validate::evaluate_const_expr(module_, expression, *this);
    --store_.collection_bans;
    return value;
  }
  Status allocate_tables();
  Status allocate_memories();
  Status allocate_globals();
  Status evaluate_elements();

  StoreState& store_;
  InstanceObject& instance_;
  const wasm::Module& module_;
};

/// Enters an import into its index space; false if its type does not match.
bool Instantiation::bind(const Import& import, const Extern& item) {
  if (item.kind() != kind_of(import.desc)) return false;
  const TypeRegistry& types = store_.types();
  const ExternType expected = expected_type(module_, import);
  switch (item.kind()) {
    case ExternKind::Func: {
      FuncObject* function = item.func()->object();
      const auto& desc = std::get<wasm::FuncDesc>(import.desc);
      if (!types.is_subtype(function->type_id, module_.type_ids[desc.type_index])) return false;
      instance_.function_list[import.index] = function;
      return true;
    }
    case ExternKind::Table: {
      TableObject* table = item.table()->object();
      instance_.table_list.push_back(table);
      return table_matches(*table, std::get<TableType>(expected));
    }
    case ExternKind::Memory: {
      MemoryObject* memory = item.memory()->object();
      instance_.memory_list.push_back(memory);
      return memory_matches(*memory, std::get<MemoryType>(expected));
    }
    case ExternKind::Global: {
      GlobalObject* global = item.global()->object();
      instance_.global_list.push_back(global);
      return global_matches(*global, std::get<GlobalType>(expected), types);
    }
    case ExternKind::Tag: break;
  }
  TagObject* tag = item.tag()->object();
  instance_.tag_list.push_back(tag);
  const auto& desc = std::get<wasm::TagDesc>(import.desc);
  return tag->type_id == module_.type_ids[desc.type_index];
}

Status Instantiation::link(std::span<const Extern> imports) {
  if (imports.size() != module_.imports.size())
    return make_error(ErrorKind::Usage, fmt::format("the module has {} imports, {} were given",
                                                    module_.imports.size(), imports.size()));
  instance_.function_list.resize(module_.functions.size());
  for (size_t i = 0; i < imports.size(); ++i) {
    const Import& import = module_.imports[i];
    if (bind(import, imports[i])) {
      BRINK_TRACE(Link, "\"{}\" \"{}\": {}, {}", import.module, import.name, provider(imports[i]),
                  to_string(imports[i].kind(), imports[i].type()));
      continue;
    }
    return make_error(
        ErrorKind::Unlinkable,
        fmt::format("incompatible import type: \"{}\" \"{}\" is imported as {}, but what is given "
                    "is {}",
                    import.module, import.name,
                    to_string(kind_of(import.desc), expected_type(module_, import)),
                    to_string(imports[i].kind(), imports[i].type())));
  }
  return {};
}

Status Instantiation::allocate() {
  BRINK_TRY(allocate_memories());
  BRINK_TRY(allocate_globals());
  BRINK_TRY(allocate_tables());
  for (size_t i = module_.imported_tags; i < module_.tags.size(); ++i) {
    TagObject& tag = store_.tags.emplace_back();
    tag.type_id = module_.type_ids[module_.tags[i]];
    tag.store = &store_;
    instance_.tag_list.push_back(&tag);
  }
  instance_.tags = instance_.tag_list.data();
  instance_.tables = instance_.table_list.data();
  BRINK_TRY(evaluate_elements());
  instance_.dropped_data.resize(module_.data.size());
  return {};
}

Status Instantiation::allocate_memories() {
  for (size_t i = module_.imported_memories; i < module_.memories.size(); ++i) {
    std::shared_ptr<MemoryObject> memory =
        BRINK_TRY(MemoryObject::create(store_, module_.memories[i]));
    instance_.memory_list.push_back(memory.get());
    store_.memories.push_back(std::move(memory));
  }
  instance_.memories = instance_.memory_list.data();
  if (!instance_.memory_list.empty() && instance_.memory_list[0]->is_guarded)
    instance_.memory0_base = instance_.memory_list[0]->base;
  return {};
}

Status Instantiation::allocate_globals() {
  for (size_t i = module_.imported_globals; i < module_.globals.size(); ++i) {
    const wasm::Global& global = module_.globals[i];
    const Value value = BRINK_TRY(evaluate(global.init));
    GlobalObject& object = instance_.own_globals()[i - module_.imported_globals];
    object.value[0] = value.words[0];
    object.value[1] = value.words[1];
    object.type = {module_.canonical(global.type.value), global.type.is_mutable};
    object.store = &store_;
    instance_.global_list.push_back(&object);
  }
  instance_.globals = instance_.global_list.data();
  return {};
}

Status Instantiation::allocate_tables() {
  for (size_t i = module_.imported_tables; i < module_.tables.size(); ++i) {
    const wasm::Table& table = module_.tables[i];
    Value init;
    if (table.init) init = BRINK_TRY(evaluate(*table.init));
    TableType type = table.type;
    type.element = module_.canonical(type.element);
    std::unique_ptr<TableObject> object =
        BRINK_TRY(TableObject::create(store_, type, init.words[0]));
    instance_.table_list.push_back(object.get());
    store_.tables.push_back(std::move(object));
  }
  return {};
}

Status Instantiation::evaluate_elements() {
  instance_.elements.resize(module_.elements.size());
  for (size_t i = 0; i < module_.elements.size(); ++i) {
    const wasm::ElementSegment& segment = module_.elements[i];
    if (segment.mode == wasm::SegmentMode::Declarative) continue;
    std::vector<Slot>& elements = instance_.elements[i];
    elements.reserve(segment.size());
    for (const uint32_t index : segment.functions)
      elements.push_back(reinterpret_cast<Slot>(instance_.func_ref(index)));
    for (const wasm::ConstExpr expression : segment.expressions) {
      const Value value = BRINK_TRY(evaluate(expression));
      elements.push_back(value.words[0]);
    }
  }
  return {};
}

/// An offset as wide as what it indexes.
uint64_t offset_of(V128 value, AddressType address) {
  return address == AddressType::I64 ? value.words[0] : static_cast<uint32_t>(value.words[0]);
}

/// Active segments are written in order; the first that does not fit traps, with the ones before
/// it written.
TrapCode Instantiation::write_segments() {
  for (uint32_t i = 0; i < module_.elements.size(); ++i) {
    const wasm::ElementSegment& segment = module_.elements[i];
    if (segment.mode != wasm::SegmentMode::Active) continue;
    const Result<Value> offset = evaluate(segment.offset_expr);
    BRINK_CHECK(offset.has_value());
    const AddressType address = instance_.table_list[segment.table_index]->type.address;
    if (!table_init(instance_, segment.table_index, i, offset_of(*offset, address), 0,
                    segment.size()))
      return TrapCode::TableOutOfBounds;
    drop_element(instance_, i);
  }
  for (uint32_t i = 0; i < module_.data.size(); ++i) {
    const wasm::DataSegment& segment = module_.data[i];
    if (segment.mode != wasm::SegmentMode::Active) continue;
    const Result<Value> offset = evaluate(segment.offset_expr);
    BRINK_CHECK(offset.has_value());
    const AddressType address = instance_.memory_list[segment.memory_index]->type.address;
    if (!memory_init(instance_, segment.memory_index, i, offset_of(*offset, address), 0,
                     segment.bytes.size))
      return TrapCode::MemoryOutOfBounds;
    drop_data(instance_, i);
  }
  return TrapCode::None;
}

/// struct.new, array.new and their kin.
Result<Instantiation::Value> Instantiation::allocate(const decode::Instruction& i,
                                                     std::span<Value> operands, std::span<Value>) {
  const ObjectLayout& layout = store_.layouts().get(module_.type_ids[i.index]);
  std::vector<Slot> slots;
  for (size_t j = 0; j < operands.size(); ++j) {
    ValType type = layout.element;
    if (layout.kind == ObjectKind::Struct) type = layout.fields[j].storage;
    slots.push_back(operands[j].words[0]);
    if (type.is_vector()) slots.push_back(operands[j].words[1]);
  }
  const auto length = static_cast<uint32_t>(operands.empty() ? 0 : operands.back().words[0]);
  RefWord word = 0;
  switch (i.opcode) {
    case Opcode::StructNew: word = new_struct(store_, layout, slots.data()); break;
    case Opcode::StructNewDefault: word = new_object(store_, layout, 0); break;
    case Opcode::ArrayNew: word = new_array(store_, layout, length, slots.data()); break;
    case Opcode::ArrayNewDefault: word = new_array(store_, layout, length, nullptr); break;
    case Opcode::ArrayNewFixed:
      word = new_fixed_array(store_, layout, i.index2, slots.data());
      break;
    default: BRINK_UNREACHABLE();
  }
  if (word == 0)
    return make_error(ErrorKind::Limit, std::string(to_string(TrapCode::HeapExhausted)), i.offset);
  return V128{{word, 0}};
}

Instantiation::Value Instantiation::binary(Opcode opcode, Value a, Value b) {
  const uint64_t x = a.words[0];
  const uint64_t y = b.words[0];
  const auto x32 = static_cast<uint32_t>(x);
  const auto y32 = static_cast<uint32_t>(y);
  switch (opcode) {
    case Opcode::I32Add: return V128{{semantics::i32_add(x32, y32), 0}};
    case Opcode::I32Sub: return V128{{semantics::i32_sub(x32, y32), 0}};
    case Opcode::I32Mul: return V128{{semantics::i32_mul(x32, y32), 0}};
    case Opcode::I64Add: return V128{{semantics::i64_add(x, y), 0}};
    case Opcode::I64Sub: return V128{{semantics::i64_sub(x, y), 0}};
    case Opcode::I64Mul: return V128{{semantics::i64_mul(x, y), 0}};
    default: BRINK_UNREACHABLE();
  }
}

}  // namespace

std::expected<InstanceObject*, InstantiateError> instantiate(StoreState& store,
                                                             std::shared_ptr<ModuleState> module,
                                                             std::span<const Extern> imports) {
  if (store.instances.size() >= store.limits.max_instances)
    return std::unexpected(Error(
        ErrorKind::Limit,
        fmt::format("the store's limit of {} instances is reached", store.limits.max_instances)));
  const wasm::Module& decoded = module->decoded;
  auto owned = new_instance(decoded.globals.size() - decoded.imported_globals);
  InstanceObject* const instance = owned.get();
  instance->module = module.get();
  instance->module_owner = std::move(module);
  instance->store = &store;
  instance->exec = &store.exec;
  // From here on other objects may refer to it, so the store keeps it whatever happens.
  store.add(std::move(owned));
  Instantiation work(store, *instance);
  if (Status status = work.link(imports); !status.has_value())
    return std::unexpected(std::move(status).error());
  // Compiled code makes objects by itself.
  for (size_t i = 0; i < decoded.types.size(); ++i)
    if (!std::holds_alternative<FuncType>(decoded.types[i].composite))
      store.heap.add_type(store.layouts().get(decoded.type_ids[i]));
  instance->functions = instance->function_list.data();
  if (Status status = work.allocate(); !status.has_value())
    return std::unexpected(std::move(status).error());
  const TrapCode trap = work.write_segments();
  if (trap != TrapCode::None)
    return std::unexpected(Trap{trap, std::string(to_string(trap)), {}, 0});
  return instance;
}

}  // namespace brink::runtime
