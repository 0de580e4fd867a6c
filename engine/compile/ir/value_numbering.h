// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Value numbering: which computation is at hand already. A hash table of instructions that compute
// the same whenever their arguments are the same, with scopes: what is added is taken back when its
// scope ends, so that whoever keeps scopes along the dominator tree finds dominating values only.
//
// Checks that a dominating one has passed are found as well: then it is not needed again.

#ifndef BRINK_COMPILE_IR_VALUE_NUMBERING_H_
#define BRINK_COMPILE_IR_VALUE_NUMBERING_H_

#include <vector>

#include "engine/compile/ir/ir.h"

namespace brink::compile::ir {

/// Whether an instruction may be replaced by an equal one that dominates it. Reads of globals are
/// not among them; that some never change, only the builder knows.
bool can_be_numbered(const Inst& inst);

class ValueTable {
 public:
  explicit ValueTable(const Function& function) : function_(function) {}

  /// The value of an equal instruction, or kNoValue.
  ValueId find(const Inst& inst) const;
  /// Adds one that find() did not find.
  void add(ValueId id);

  /// The end of a scope: forgets what was added since mark() gave that.
  uint32_t mark() const { return static_cast<uint32_t>(log_.size()); }
  void reset(uint32_t mark);

 private:
  uint32_t hash(const Inst& inst) const;
  bool equal(const Inst& a, const Inst& b) const;
  void grow();
  void insert(ValueId id, uint32_t hash);

  struct Entry {
    ValueId id = kNoValue;
    uint32_t hash = 0;
  };
  struct LogEntry {
    ValueId id = kNoValue;
    uint32_t slot = 0;
  };

  const Function& function_;
  // Open addressing. Entries leave in the reverse of the order in which they came, so that a chain
  // never has holes. When the table grows they come again in the order of the log.
  std::vector<Entry> slots_;
  std::vector<LogEntry> log_;
};

}  // namespace brink::compile::ir

#endif  // BRINK_COMPILE_IR_VALUE_NUMBERING_H_
