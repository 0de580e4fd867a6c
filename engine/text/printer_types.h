// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Types in the words of the text format, with the identifiers of a module. Each function appends
// to `out`; those that print a clause ("(param i32)", "(result f64)") begin it with a space.

#ifndef BRINK_TEXT_PRINTER_TYPES_H_
#define BRINK_TEXT_PRINTER_TYPES_H_

#include <cstdint>
#include <span>
#include <string>

#include "brink/types.h"
#include "engine/decode/instruction.h"
#include "engine/text/printer_names.h"
#include "engine/wasm/module.h"

namespace brink::text {

class TypePrinter {
 public:
  TypePrinter(const wasm::Module& module, const PrintedNames& names)
      : module_(module), names_(names) {}

  void append_heap_type(std::string& out, HeapType type) const;
  void append_val_type(std::string& out, ValType type) const;
  /// "(ref null any)", never "anyref": next to another reference type the long form reads better.
  void append_ref_type(std::string& out, HeapType heap, bool nullable) const;

  /// " (param $a i32) (param i64)"; `locals` names the parameters.
  void append_params(std::string& out, std::span<const ValType> types,
                     const IdentifierSpace& locals) const;
  void append_results(std::string& out, std::span<const ValType> types) const;
  /// " (local $a i32) (local i64 i64)", beginning with the local of index `first`.
  void append_locals(std::string& out, std::span<const ValType> types, uint32_t first,
                     const IdentifierSpace& locals) const;
  /// " (type $t) (param i32) (result i32)"; only the number if it is not the index of a function
  /// type.
  void append_type_use(std::string& out, uint32_t type_index, const IdentifierSpace& locals) const;
  /// " (result i32)", " (type 3) (param i32 i32)" or nothing.
  void append_block_type(std::string& out, const decode::BlockType& type) const;

  void append_memory_type(std::string& out, const MemoryType& type) const;
  void append_table_type(std::string& out, const TableType& type) const;
  void append_global_type(std::string& out, const GlobalType& type) const;
  /// "(type $t (;0;) (sub $s (struct (field i32))))".
  void append_definition(std::string& out, uint32_t type_index) const;

  /// The function type with this index, or null.
  const FuncType* func_type(uint32_t type_index) const;
  /// The same for the type of a function or of a tag.
  const FuncType* type_of_function(uint32_t function_index) const;
  const FuncType* type_of_tag(uint32_t tag_index) const;

 private:
  void append_typed_list(std::string& out, std::string_view keyword, std::span<const ValType> types,
                         uint32_t first, const IdentifierSpace& names) const;
  void append_limits(std::string& out, AddressType address, const Limits& limits) const;
  void append_field_type(std::string& out, const FieldType& type) const;
  void append_composite(std::string& out, const CompositeType& type, uint32_t type_index) const;

  const wasm::Module& module_;
  const PrintedNames& names_;
};

}  // namespace brink::text

#endif  // BRINK_TEXT_PRINTER_TYPES_H_
