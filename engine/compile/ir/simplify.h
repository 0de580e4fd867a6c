// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Algebraic simplification of single instructions, looking at what computes their arguments. The
// result is never more work than the instruction was.

#ifndef BRINK_COMPILE_IR_SIMPLIFY_H_
#define BRINK_COMPILE_IR_SIMPLIFY_H_

#include "engine/compile/ir/ir.h"

namespace brink::compile::ir {

/// Where instructions go that a simplification needs: right before the simplified one.
class InstSink {
 public:
  /// Simplified themselves, and found again if they exist.
  virtual ValueId make(const Inst& inst) = 0;

 protected:
  ~InstSink() = default;
};

class Simplifier {
 public:
  Simplifier(Function& function, InstSink& sink) : function_(function), sink_(sink) {}

  /// The value that does what the instruction would do; or kNoValue, and the instruction may have
  /// become another one of the same type, which is to be made in its stead.
  ValueId simplify(Inst& inst);

 private:
  Function& function_;
  InstSink& sink_;
};

}  // namespace brink::compile::ir

#endif  // BRINK_COMPILE_IR_SIMPLIFY_H_
