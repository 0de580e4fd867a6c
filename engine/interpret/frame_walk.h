// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The guest's frames from the inside out. A frame says where it returns to, and the call
// instruction before that place says how far below its caller's frame begins; see runtime/layout.h
// and handlers_call.cc. The walk ends where C++ entered the interpreter.

#ifndef BRINK_INTERPRET_FRAME_WALK_H_
#define BRINK_INTERPRET_FRAME_WALK_H_

#include "engine/interpret/interpreter.h"
#include "engine/runtime/tiers.h"

namespace brink::interpret {

class FrameWalk {
 public:
  FrameWalk(runtime::StoreState& store, const runtime::GuestPoint& point);

  /// Null if the point did not name it and no call has told since.
  InstanceObject* instance() const { return instance_; }
  bool at_end() const { return code_ == nullptr; }
  void next();

  runtime::ModuleState& module() const { return *module_; }
  const FunctionCode& code() const { return *code_; }
  const Slot* fp() const { return fp_; }
  /// The instruction's first word.
  uint32_t word() const { return static_cast<uint32_t>(pc_ - code_->words.data()); }
  /// The frame has called the host, so that its call's arguments are still its own.
  bool calls_host() const { return calls_host_; }

 private:
  void find_code();

  runtime::StoreState& store_;
  const CodeWord* pc_;
  const Slot* fp_;
  InstanceObject* instance_;
  bool calls_host_;
  runtime::ModuleState* module_ = nullptr;
  const FunctionCode* code_ = nullptr;
};

}  // namespace brink::interpret

#endif  // BRINK_INTERPRET_FRAME_WALK_H_
