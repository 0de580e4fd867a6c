// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: decides what machine code runs.
//
// The compiled code of a module, from nothing to all functions: owns the code space and its data
// area (data_area.h), adds what the compiler makes, and publishes each function by one store into
// its entry slot. Until then a slot leads to the stub that compiles at the first call, or to the
// exit adapter for functions that stay in the interpreter.
//
//     entry slot      resolve stub  ->  the function's code          (compiled)
//                                   ->  its signature's exit adapter (refused, or interpreted)
//
// The code of an artifact comes first in the code space, mapped from its file; what is compiled
// later lies behind it.
//
// Thread-safe. Code is never removed before the module is.

#ifndef BRINK_COMPILE_RUNTIME_COMPILED_MODULE_H_
#define BRINK_COMPILE_RUNTIME_COMPILED_MODULE_H_

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <vector>

#include "brink/compilation.h"
#include "engine/compile/artifact/artifact_file.h"
#include "engine/compile/code_view.h"
#include "engine/compile/compiler.h"
#include "engine/compile/data_area.h"
#include "engine/compile/runtime/adapter_cache.h"
#include "engine/compile/runtime/code_registry.h"
#include "engine/compile/runtime/debugger.h"
#include "engine/compile/runtime/loaded_artifacts.h"
#include "engine/compile/runtime/tier_up.h"
#include "engine/platform/executable_memory.h"
#include "engine/platform/fault_handler.h"
#include "engine/runtime/module_state.h"
#include "engine/runtime/store_state.h"
#include "engine/runtime/tiers.h"

namespace brink::compile {

/// Code that goes on at a loop, see LoopEntry.
struct LoopCode {
  LoopCode() { header.native.store(true); }
  runtime::CodeHeader header;
  std::atomic<const runtime::CodeHeader*> current = &header;
  std::atomic<const void*> code = nullptr;  ///< null: being compiled, or refused
  TypeId type_id = 0;
};

/// What the compiler keeps of an engine.
struct CompilerState : runtime::ModuleCode {
  explicit CompilerState(const TypeRegistry& types) : adapters(types) {}
  AdapterCache adapters;
  CodeRegistry registry;
  LoadedArtifacts loaded;
  TierUp tier_up;
};

inline CompilerState& compiler_state(runtime::EngineState& engine) {
  return static_cast<CompilerState&>(*engine.compiler_state);
}

class CompiledModule : public runtime::ModuleCode {
 public:
  /// `wants_native`: every function is compiled at its first call. `artifact`, or null: code that
  /// there is from the start, made for this module and this engine; it is run where it lies.
  static Result<std::unique_ptr<CompiledModule>> create(
      runtime::ModuleState& module, bool wants_native,
      std::shared_ptr<const artifact::ArtifactFile> artifact = nullptr);
  ~CompiledModule() override;

  /// Makes a defined function run compiled from now on, if that has not been done. False: it stays
  /// in the interpreter.
  bool compile(uint32_t function_index);
  /// The same for all, on this many threads; 0: one per processor.
  void compile_all(uint32_t threads);
  /// Adds what the compiler has made, ascending by function. Those that are there already are left
  /// out.
  Status add(std::vector<CodeObject> objects);

  /// The loop whose code a guest in `place` is to ask for next: the outermost that nobody has asked
  /// for. None if one of them is still waited for, or refused.
  std::optional<LoopEntry> ask_for_loop(const runtime::LoopPlace& place);
  /// Compiles one that has been asked for.
  bool compile_loop(uint32_t function_index, const LoopEntry& entry);
  /// The code at a loop in the shape of a function of the instance; null if there is none.
  runtime::FuncObject* loop_function(runtime::InstanceObject& instance, uint32_t function_index,
                                     uint32_t offset);

  /// What to jump to in order to run the function: never null.
  const void* entry(uint32_t function_index) const;
  /// From now on compiled callers of the function leave compiled code; null if they cannot.
  const void* make_exit(uint32_t function_index);
  std::vector<Compilation> compilations() const;
  bool wants_native() const { return wants_native_; }
  bool is_compiled(uint32_t function_index) const;
  /// Whether a function has become hot just now.
  bool warm_up(uint32_t function_index, uint32_t weight);

  struct Function {
    const uint8_t* code = nullptr;  ///< where it runs
    CodeView object;
    uint32_t offset_of(const void* pc) const {
      return static_cast<uint32_t>(static_cast<const uint8_t*>(pc) - code);
    }
  };
  /// The function whose code contains an address, or the byte before it, as a return address may
  /// lie behind the last instruction.
  std::optional<Function> find(const void* address) const;
  runtime::ModuleState& module() const { return module_; }

 private:
  /// A function that was compiled in this process.
  struct OwnFunction {
    const uint8_t* code = nullptr;
    CodeObject object;  ///< its code has been moved to where it runs
  };

  CompiledModule(runtime::ModuleState& module, bool wants_native,
                 std::shared_ptr<const artifact::ArtifactFile> artifact);
  Status init();
  std::optional<Function> find_in_artifact(const uint8_t* address) const;
  std::atomic<const void*>& slot(uint32_t function_index) const;
  void fill_data_area();
  void route_calls();
  Result<CodeObject> make(uint32_t function_index, const LoopEntry* loop = nullptr);
  bool add_made(Result<CodeObject> object);
  Status place(std::span<CodeObject> objects);
  void relocate(const CodeObject& object, uint8_t* code) const;
  void publish(const OwnFunction& function);
  void publish(uint32_t function_index, const uint8_t* code);
  bool somebody_wants_to_know() const;
  void tell_of_artifact();
  /// Adds a function to what profilers and debuggers are to be told, if they want to know.
  void note_placed(std::vector<PlacedCode>& told, uint32_t function_index,
                   std::span<const uint8_t> code, uint32_t frame_bytes) const;
  void tell(std::span<const PlacedCode> functions);
  void refuse(uint32_t function_index);
  uint32_t imported() const { return module_.decoded.imported_functions; }

  runtime::ModuleState& module_;
  const bool wants_native_;
  const std::shared_ptr<const artifact::ArtifactFile> artifact_;  // or null
  ModuleContext context_;
  DataArea area_;
  platform::CodeSpace space_;
  platform::FaultRange faults_;
  /// By defined function; what callers of the interpreter find once it is compiled.
  std::unique_ptr<runtime::CodeHeader[]> headers_;
  /// What they found before.
  std::unique_ptr<std::atomic<const runtime::CodeHeader*>[]> former_;

  std::unique_ptr<std::atomic<uint32_t>[]> heat_;

  std::mutex adding_;
  std::vector<DebuggerSymbols> debugger_symbols_;        // while adding_ is held
  mutable std::shared_mutex mutex_;                      // of what follows
  std::vector<std::unique_ptr<OwnFunction>> functions_;  // by address
  std::vector<bool> is_compiled_;                        // by defined function
  std::vector<Compilation> compilations_;
  std::map<std::pair<uint32_t, uint32_t>, LoopCode> loops_;  // by function and offset
};

inline CompiledModule& compiled_module(runtime::ModuleState& module) {
  return static_cast<CompiledModule&>(*module.compiled_code);
}

}  // namespace brink::compile

#endif  // BRINK_COMPILE_RUNTIME_COMPILED_MODULE_H_
