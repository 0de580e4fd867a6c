// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Frames of compiled code from the inside out. They have no links: where one ends is known from the
// tables of the function that its return address, or the pc that faulted, belongs to. Frames of the
// stub SwitchInstance lie between them and say which instance the frames outside belong to.

#ifndef BRINK_COMPILE_RUNTIME_NATIVE_FRAMES_H_
#define BRINK_COMPILE_RUNTIME_NATIVE_FRAMES_H_

#include "engine/compile/runtime/compiled_module.h"
#include "engine/runtime/tiers.h"

namespace brink::compile {

class NativeWalk {
 public:
  /// The frames of `entry`, from `point` on.
  NativeWalk(runtime::StoreState& store, const runtime::GuestPoint& point,
             const runtime::EntryRecord* entry);

  bool at_end() const { return !function_.has_value(); }
  void next();

  runtime::ModuleState& module() const { return module_->module(); }
  const CompiledModule::Function& function() const { return *function_; }
  uint32_t offset() const { return function_->offset_of(pc_); }
  uintptr_t sp() const { return sp_; }
  runtime::InstanceObject* instance() const { return instance_; }

 private:
  void find_code();

  CompilerState& state_;
  uintptr_t base_;
  const void* pc_;
  uintptr_t sp_;
  runtime::InstanceObject* instance_;
  CompiledModule* module_ = nullptr;
  std::optional<CompiledModule::Function> function_;
};

/// Whether the function that C++ entered has been left by a tail call to where the context stands.
bool is_entry_point(const runtime::ExecContext& rt);

/// The lowest address of the stack that the function at `pc` is about to use.
uintptr_t lowest_sp(CompilerState& state, const void* pc, uintptr_t sp);

// See TierOperations.
void describe(runtime::StoreState& store, const runtime::GuestPoint& point,
              const runtime::EntryRecord* entry, std::vector<Frame>& frames, size_t max);
void mark(runtime::StoreState& store, const runtime::GuestPoint& point,
          const runtime::EntryRecord* entry);
bool find_landing(runtime::StoreState& store, const runtime::GuestPoint& point,
                  const runtime::EntryRecord* entry, uint64_t exception);

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_NATIVE_FRAMES_H_
