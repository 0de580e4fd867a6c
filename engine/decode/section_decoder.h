// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The content of one section (spec: binary format, modules), decoded into a Module. Internal to
// decode/: ModuleDecoder frames the sections and sees to their order.

#ifndef BRINK_DECODE_SECTION_DECODER_H_
#define BRINK_DECODE_SECTION_DECODER_H_

#include <cstdint>
#include <string_view>

#include "engine/decode/instruction_reader.h"
#include "engine/decode/module_decoder.h"
#include "engine/support/byte_reader.h"
#include "engine/wasm/module.h"

namespace brink::decode {

class SectionDecoder {
 public:
  /// `reader` covers exactly the payload and gets the errors.
  SectionDecoder(wasm::Module& module, support::ByteReader& reader, Bodies bodies)
      : module_(module),
        reader_(reader),
        bodies_(bodies),
        features_(module.features),
        instructions_(reader, module.features) {}

  void decode(wasm::SectionId id);

  /// Bodies in the code section just decoded.
  uint32_t code_count() const { return code_count_; }

 private:
  void decode_custom();
  void decode_types();
  void decode_sub_type();
  CompositeType decode_composite_type();
  FuncType decode_func_type();
  StructType decode_struct_type();
  void decode_val_types(std::vector<ValType>& types, std::string_view what, uint32_t limit);
  void decode_imports();
  void decode_import();
  void decode_functions();
  void decode_tables();
  void decode_memories();
  void decode_tags();
  void decode_globals();
  void decode_exports();
  void decode_start();
  void decode_elements();
  void decode_element_segment();
  void decode_data_count();
  void decode_code();
  void check_body_end(wasm::ByteRange body, bool is_last);
  void skip_locals(support::ByteReader& reader);
  void decode_data();
  void decode_data_segment();

  /// Length of a list. Fails when it is above `limit`.
  uint32_t read_count(std::string_view what, uint32_t limit);
  /// The same for an index space that imports may already have entries in.
  uint32_t read_count(std::string_view what, uint32_t limit, size_t already_there);
  std::string_view read_name();
  /// Skips instructions up to and including the `end` that matches none of them.
  wasm::ConstExpr read_const_expr();
  bool require(Feature feature, std::string_view phrase, std::string_view what, uint32_t offset);
  /// How many of `count` entries to make room for: never more than the bytes left can hold.
  size_t plausible(uint32_t count, uint32_t min_entry_bytes = 1) const;

  wasm::Module& module_;
  support::ByteReader& reader_;
  Bodies bodies_;
  Features features_;
  InstructionReader instructions_;
  uint32_t code_count_ = 0;
};

/// Fills Module::branch_hints from the custom section metadata.code.branch_hint, if there is a good
/// one. Hints are advice: what is wrong with them is not an error.
void decode_branch_hints(wasm::Module& module);

}  // namespace brink::decode

#endif  // BRINK_DECODE_SECTION_DECODER_H_
