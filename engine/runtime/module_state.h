// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What the engine keeps of a validated module beside its content: names and code. Shared by
// threads.

#ifndef BRINK_RUNTIME_MODULE_STATE_H_
#define BRINK_RUNTIME_MODULE_STATE_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "brink/engine.h"
#include "engine/platform/stack_pool.h"
#include "engine/runtime/layout.h"
#include "engine/runtime/object_layout.h"
#include "engine/wasm/module.h"

namespace brink::decode {
struct NameSection;
}

namespace brink::runtime {

struct TierOperations;

/// What a tier keeps of a module, e.g. translated code, or of an engine. Destroyed with it.
class ModuleCode {
 public:
  virtual ~ModuleCode() = default;
};

struct EngineState {
  EngineConfig config;
  const TierOperations* interpreter = nullptr;
  const TierOperations* compiler = nullptr;  ///< null if there is none, or it is not wanted
  std::unique_ptr<ModuleCode> compiler_state;
  std::shared_ptr<TypeRegistry> registry = std::make_shared<TypeRegistry>();
  ObjectLayouts layouts{*registry};
  /// Of stores, and of calls that may be suspended.
  platform::StackPools stacks{kKeptStacks};

  /// Of each size: unused stacks that keep their memory.
  static constexpr size_t kKeptStacks = 64;
  std::string cache_directory;  ///< of artifacts; empty: none
  uint64_t cache_max_bytes = 0;
};

struct ModuleState {
  Engine engine;
  wasm::Module decoded;
  std::string name;
  std::unordered_map<std::string_view, uint32_t> exports;  ///< name -> index into decoded.exports

  /// The current code of each function, imports included (theirs stay empty).
  std::unique_ptr<std::atomic<const CodeHeader*>[]> code;
  std::unique_ptr<ModuleCode> interpreter_code;
  std::unique_ptr<ModuleCode> compiled_code;  ///< null if there is no compiler
  /// By function: what compiled callers jump to. Null if there is no compiler.
  const std::atomic<const void*>* native_entries = nullptr;
  CodeOrigin code_origin = CodeOrigin::Module;

  ModuleState(Engine engine, wasm::Module decoded, std::string name);
  ~ModuleState();

  /// Name of a function: from the name section, else its export name, else empty.
  std::string function_name(uint32_t function_index) const;

 private:
  mutable std::once_flag names_once_;
  mutable std::unique_ptr<decode::NameSection> names_;
};

}  // namespace brink::runtime

#endif  // BRINK_RUNTIME_MODULE_STATE_H_
