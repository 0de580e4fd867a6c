// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/printer_types.h"

#include <variant>

#include "engine/text/literals.h"

namespace brink::text {

void TypePrinter::append_heap_type(std::string& out, HeapType type) const {
  if (type.is_concrete())
    names_.types.append_reference(out, type.index());
  else
    out += to_string(type.abstract());
}

void TypePrinter::append_val_type(std::string& out, ValType type) const {
  if (type.is_ref() && type.heap().is_concrete())
    append_ref_type(out, type.heap(), type.nullable());
  else
    out += to_string(type);
}

void TypePrinter::append_ref_type(std::string& out, HeapType heap, bool nullable) const {
  out += nullable ? "(ref null " : "(ref ";
  append_heap_type(out, heap);
  out += ')';
}

/// Entries with a name get a clause of their own, the others share one.
void TypePrinter::append_typed_list(std::string& out, std::string_view keyword,
                                    std::span<const ValType> types, uint32_t first,
                                    const IdentifierSpace& names) const {
  bool is_open = false;
  for (size_t i = 0; i < types.size(); ++i) {
    const uint32_t index = first + static_cast<uint32_t>(i);
    const std::string_view token = names.token(index);
    if (is_open && !token.empty()) {
      out += ')';
      is_open = false;
    }
    if (!is_open) {
      out += " (";
      out += keyword;
      is_open = true;
      if (!token.empty()) {
        out += ' ';
        out += token;
        names.append_annotation(out, index);
      }
    }
    out += ' ';
    append_val_type(out, types[i]);
    if (!token.empty()) {
      out += ')';
      is_open = false;
    }
  }
  if (is_open) out += ')';
}

void TypePrinter::append_params(std::string& out, std::span<const ValType> types,
                                const IdentifierSpace& locals) const {
  append_typed_list(out, "param", types, 0, locals);
}

void TypePrinter::append_locals(std::string& out, std::span<const ValType> types, uint32_t first,
                                const IdentifierSpace& locals) const {
  append_typed_list(out, "local", types, first, locals);
}

void TypePrinter::append_results(std::string& out, std::span<const ValType> types) const {
  append_typed_list(out, "result", types, 0, IdentifierSpace::none());
}

void TypePrinter::append_type_use(std::string& out, uint32_t type_index,
                                  const IdentifierSpace& locals) const {
  out += " (type ";
  names_.types.append_reference(out, type_index);
  out += ')';
  if (const FuncType* type = func_type(type_index)) {
    append_params(out, type->params, locals);
    append_results(out, type->results);
  }
}

void TypePrinter::append_block_type(std::string& out, const decode::BlockType& type) const {
  using Kind = decode::BlockType::Kind;
  if (type.kind == Kind::Value) append_results(out, {&type.value, 1});
  if (type.kind == Kind::Type) append_type_use(out, type.type_index, IdentifierSpace::none());
}

void TypePrinter::append_limits(std::string& out, AddressType address, const Limits& limits) const {
  if (address == AddressType::I64) out += "i64 ";
  append_unsigned(out, limits.min);
  if (limits.max) {
    out += ' ';
    append_unsigned(out, *limits.max);
  }
}

void TypePrinter::append_memory_type(std::string& out, const MemoryType& type) const {
  append_limits(out, type.address, type.limits);
  if (type.is_shared) out += " shared";
  if (type.page_size_log2 == MemoryType::kDefaultPageSizeLog2) return;
  out += " (pagesize ";
  append_unsigned(out, type.page_bytes());
  out += ')';
}

void TypePrinter::append_table_type(std::string& out, const TableType& type) const {
  append_limits(out, type.address, type.limits);
  out += ' ';
  append_val_type(out, type.element);
}

void TypePrinter::append_global_type(std::string& out, const GlobalType& type) const {
  append_field_type(out, {type.value, type.is_mutable});
}

void TypePrinter::append_field_type(std::string& out, const FieldType& type) const {
  if (type.is_mutable) out += "(mut ";
  append_val_type(out, type.storage);
  if (type.is_mutable) out += ')';
}

void TypePrinter::append_definition(std::string& out, uint32_t type_index) const {
  const SubType& type = module_.types[type_index];
  out += "(type";
  names_.types.append_definition(out, type_index);
  const bool is_sub = type.supertype.has_value() || !type.is_final;
  if (is_sub) {
    out += type.is_final ? " (sub final" : " (sub";
    if (type.supertype) {
      out += ' ';
      names_.types.append_reference(out, *type.supertype);
    }
  }
  out += ' ';
  append_composite(out, type.composite, type_index);
  out += is_sub ? "))" : ")";
}

void TypePrinter::append_composite(std::string& out, const CompositeType& type,
                                   uint32_t type_index) const {
  if (const auto* func = std::get_if<FuncType>(&type)) {
    out += "(func";
    append_params(out, func->params, IdentifierSpace::none());
    append_results(out, func->results);
    out += ')';
    return;
  }
  if (const auto* array = std::get_if<ArrayType>(&type)) {
    out += "(array ";
    append_field_type(out, array->element);
    out += ')';
    return;
  }
  const auto& fields = std::get<StructType>(type).fields;
  const IdentifierSpace& identifiers = names_.fields(type_index);
  out += "(struct";
  for (uint32_t i = 0; i < fields.size(); ++i) {
    out += " (field ";
    if (const std::string_view token = identifiers.token(i); !token.empty()) {
      out += token;
      identifiers.append_annotation(out, i);
      out += ' ';
    }
    append_field_type(out, fields[i]);
    out += ')';
  }
  out += ')';
}

const FuncType* TypePrinter::func_type(uint32_t type_index) const {
  if (type_index >= module_.types.size()) return nullptr;
  return std::get_if<FuncType>(&module_.types[type_index].composite);
}

const FuncType* TypePrinter::type_of_function(uint32_t function_index) const {
  if (function_index >= module_.functions.size()) return nullptr;
  return func_type(module_.functions[function_index].type_index);
}

const FuncType* TypePrinter::type_of_tag(uint32_t tag_index) const {
  if (tag_index >= module_.tags.size()) return nullptr;
  return func_type(module_.tags[tag_index]);
}

}  // namespace brink::text
