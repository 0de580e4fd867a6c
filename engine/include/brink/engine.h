// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Engine and Module: what is shared, immutable and safe to use from any thread.

#ifndef BRINK_ENGINE_H_
#define BRINK_ENGINE_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "brink/artifact.h"
#include "brink/error.h"
#include "brink/features.h"
#include "brink/module_limits.h"
#include "brink/types.h"

namespace brink {

namespace wasm {
struct Module;
}
namespace runtime {
struct EngineState;
struct ModuleState;
}  // namespace runtime

/// What executes a function: the interpreter, compiled code, or (Auto) whichever the engine finds
/// best for it.
enum class Tier : uint8_t { Auto, Interpreter, Compiler };

/// What is told to profilers about compiled code.
enum class Profile : uint8_t {
  None,
  PerfMap,  ///< /tmp/perf-PID.map, where `perf report` looks up names
  JitDump,  ///< jit-PID.dump in the current directory, with the code, for `perf inject --jit`
};

/// Options of an Engine. All have defaults that suit an embedder.
struct EngineConfig {
  /// The defaults, for modules of somebody who may mean harm: ModuleLimits::strict. Goes with
  /// StoreLimits::strict.
  static EngineConfig strict() {
    EngineConfig config;
    config.module_limits = ModuleLimits::strict();
    return config;
  }

  Features features;
  /// With Tier::Compiler making a module is an error where has_compiler() is false; Auto then means
  /// the interpreter.
  Tier tier = Tier::Auto;
  /// Count fuel (see Store::set_fuel). Costs a little time everywhere.
  bool consume_fuel = false;
  /// Address space reserved for a 32-bit memory. Below 8 GiB accesses are checked explicitly. Less
  /// is reserved where the process cannot have so much (see Engine::config).
  uint64_t memory_reservation_bytes = uint64_t{8} << 30;
  /// Trace every executed instruction (the channel `interp`). Also so if that channel is on when
  /// the engine is made.
  bool trace_execution = false;
  /// Translate all functions when a module is made, instead of each at its first call.
  bool eager_translation = false;
  Profile profile = Profile::None;
  /// Modules that exceed one of these are refused. Costs a pass over their code.
  std::optional<ModuleLimits> module_limits = {};
  /// Show compiled functions to debuggers, by the JIT interface of GDB. Costs time and memory for
  /// each function that is compiled.
  bool debug_info = false;
  /// For tests: collect garbage at every allocation and overwrite what is not alive.
  bool gc_stress = false;
  /// For tests, with Tier::Auto: go over to compiled code in the first round of each loop.
  bool loop_stress = false;
};

/// Where the code of a module came from.
enum class CodeOrigin : uint8_t {
  Module,    ///< translated and compiled in this process
  Artifact,  ///< Module::deserialize
  Cache,     ///< found in the cache
  CacheMiss  ///< compiled in this process, for the cache
};

/// The process-wide part: configuration and canonical types. Cheap to copy (a shared reference).
class Engine {
 public:
  explicit Engine(EngineConfig config = {});
  /// As given, but for what this process cannot have.
  const EngineConfig& config() const;
  /// Keeps compiled modules in this directory, which must be the user's alone: a module that was
  /// compiled before, by the same engine with the same options, is not compiled again. Beyond
  /// `max_bytes` those that were not used for longest are removed. To be called before modules are
  /// made; without effect where nothing is compiled.
  void use_cache(std::string directory, uint64_t max_bytes = uint64_t{1} << 30);
  /// Whether this build has a compiler for the processor it runs on.
  static bool has_compiler();
  const std::shared_ptr<runtime::EngineState>& state() const { return state_; }

 private:
  std::shared_ptr<runtime::EngineState> state_;
};

/// The type of an import or export (spec: external types), in the engine's canonical types.
using ExternType = std::variant<FuncType, TableType, MemoryType, GlobalType, TagType>;

struct ImportType {
  std::string module;
  std::string name;
  ExternKind kind;
  ExternType type;
};

struct ExportType {
  std::string name;
  ExternKind kind;
  ExternType type;
};

/// "function [i32 i32] -> [i32]", "memory 1..16 pages", ... for messages to people.
std::string to_string(ExternKind kind, const ExternType& type);

/// A validated module, ready to be instantiated any number of times. Cheap to copy.
class Module {
 public:
  /// From a binary module, or from text (recognized by its first bytes). `name` is used in messages
  /// and backtraces when the module has no name of its own.
  static Result<Module> compile(const Engine& engine, std::span<const uint8_t> bytes,
                                std::string name = {});
  /// From a binary module only: bytes of any other kind are a malformed module.
  static Result<Module> compile_binary(const Engine& engine, std::span<const uint8_t> bytes,
                                       std::string name = {});
  static Result<Module> compile_text(const Engine& engine, std::string_view source,
                                     std::string name = {});
  static Result<Module> from_file(const Engine& engine, const std::filesystem::path& path);
  /// From an artifact. It is native code and runs with the rights of the process: only for bytes
  /// from serialize() whose way here you trust. Damaged ones, and those of other engines,
  /// processors or options are errors (ErrorKind::Artifact). The bytes are copied.
  static Result<Module> deserialize(const Engine& engine, std::span<const uint8_t> artifact,
                                    std::string name = {});
  /// The same from a file, whose pages are mapped and run as they are. Nobody may write to the file
  /// as long as the module lives; replacing it is fine. It is checked the first time, and again
  /// when it has changed.
  static Result<Module> deserialize_file(const Engine& engine, const std::filesystem::path& path);
  /// Decodes and validates only.
  static Status validate(const Engine& engine, std::span<const uint8_t> bytes);

  /// Compiles all functions and gives the bytes of an artifact: the same bytes for the same module,
  /// options and engine. Needs a compiler.
  Result<std::vector<uint8_t>> serialize(const SerializeOptions& options = {}) const;
  CodeOrigin code_origin() const;

  std::vector<ImportType> imports() const;
  std::vector<ExportType> exports() const;
  std::optional<ExportType> find_export(std::string_view name) const;
  const std::string& name() const;
  const Engine& engine() const;
  /// The decoded module, for tools that look inside.
  const wasm::Module& decoded() const;

  const std::shared_ptr<runtime::ModuleState>& state() const { return state_; }
  explicit Module(std::shared_ptr<runtime::ModuleState> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<runtime::ModuleState> state_;
};

}  // namespace brink

#endif  // BRINK_ENGINE_H_
