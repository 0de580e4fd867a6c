// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/ir/simplify.h"

#include "engine/compile/ir/editor.h"
#include "engine/compile/ir/fold.h"

namespace brink::compile::ir {

ValueId Simplifier::simplify(Inst& inst) {
  if (const auto folded = fold(function_, inst); folded && folded->count == 1) {
    inst = inst.type == Type::V128 ? make_vector_constant(function_, folded->results[0])
                                   : make_constant(inst.type, folded->results[0].words[0]);
    return kNoValue;
  }
  static_cast<void>(sink_);
  return kNoValue;
}

}  // namespace brink::compile::ir
