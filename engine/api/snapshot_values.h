// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Writes values as constant expressions, for snapshots.
//
// A garbage-collected object is written as what makes one like it. The new object is another one,
// so each may be reached in one way only: two expressions would make two of it. Hence cycles, too,
// are refused.

#ifndef BRINK_API_SNAPSHOT_VALUES_H_
#define BRINK_API_SNAPSHOT_VALUES_H_

#include <string>
#include <unordered_set>

#include "brink/error.h"
#include "engine/runtime/gc_heap.h"
#include "engine/runtime/instance.h"
#include "engine/support/byte_writer.h"
#include "engine/wasm/opcode.h"

namespace brink {

std::unexpected<Error> refuse_snapshot(std::string what);

class ValueWriter {
 public:
  ValueWriter(runtime::InstanceObject& instance, support::ByteWriter& out)
      : instance_(instance), module_(instance.module->decoded), out_(out) {}

  void write_opcode(Opcode opcode);
  /// A whole expression, with its `end`. `type` has the module's own type numbers; `where` is for
  /// messages: "global 3".
  Status write(ValType type, const runtime::Slot* words, const std::string& where);
  /// The function that a reference names, as the module numbers functions.
  Result<uint32_t> function_index(runtime::Slot word, const std::string& where) const;

 private:
  Status write_value(ValType type, const runtime::Slot* words, uint32_t depth);
  Status write_reference(ValType type, runtime::Slot word, uint32_t depth);
  Status write_object(runtime::RefWord word, uint32_t depth);
  Status write_array(runtime::RefWord word, uint32_t type_index, uint32_t depth);

  runtime::InstanceObject& instance_;
  const wasm::Module& module_;
  support::ByteWriter& out_;
  std::string where_;
  std::unordered_set<runtime::RefWord> written_;  ///< objects, by all expressions
};

}  // namespace brink

#endif  // BRINK_API_SNAPSHOT_VALUES_H_
