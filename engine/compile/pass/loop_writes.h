// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the instructions of a loop may write, inner loops included.

#ifndef BRINK_COMPILE_PASS_LOOP_WRITES_H_
#define BRINK_COMPILE_PASS_LOOP_WRITES_H_

#include <vector>

#include "engine/compile/pass/aliasing.h"
#include "engine/compile/pass/control_flow.h"

namespace brink::compile {

class LoopWrites {
 public:
  void add(PlaceKind place);
  void add_everything() { everything_ = true; }
  void add(const LoopWrites& other);
  bool may_write(PlaceKind place) const;

 private:
  static constexpr size_t kMaxPlaces = 16;

  bool everything_ = false;  ///< but constant places
  std::vector<PlaceKind> places_;
};

/// By loop of `flow`.
std::vector<LoopWrites> find_loop_writes(const wasm::Module& module, const ir::Function& function,
                                         const ControlFlow& flow);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_PASS_LOOP_WRITES_H_
