// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "spec-tests/script_runner.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "brink/linker.h"
#include "engine/support/try.h"
#include "engine/text/script.h"
#include "spec-tests/result_match.h"
#include "spec-tests/spectest_module.h"

namespace brink::spec_tests {
namespace {

using text::ScriptAction;
using text::ScriptCommand;
using text::ScriptModule;
using text::ScriptValue;
using Kind = text::ScriptCommand::Kind;

/// A command's outcome: nothing, or why it failed.
using Verdict = std::optional<std::string>;

/// What an action or an instantiation led to.
using Outcome = std::expected<std::vector<Value>, InstantiateError>;

std::string describe(const InstantiateError& error) {
  if (const Error* e = std::get_if<Error>(&error))
    return fmt::format("{}: {}", to_string(e->kind()), e->message());
  const Trap& trap = std::get<Trap>(error);
  return fmt::format("trap: {}", trap.message);
}

std::string describe(const std::vector<Value>& values) {
  std::vector<std::string> texts;
  for (const Value& value : values) texts.push_back(brink::to_string(value));
  return fmt::format("[{}]", fmt::join(texts, " "));
}

std::string no_instance(const std::string& id) {
  return id.empty() ? "no instance to use" : fmt::format("no instance ${}", id);
}

/// The suite compares the beginning of messages.
bool begins_with(std::string_view message, std::string_view expected) {
  return message.starts_with(expected);
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::Module: return "module";
    case Kind::ModuleDefinition: return "module definition";
    case Kind::ModuleInstance: return "module instance";
    case Kind::Register: return "register";
    case Kind::Action: return "action";
    case Kind::AssertReturn: return "assert_return";
    case Kind::AssertTrap: return "assert_trap";
    case Kind::AssertExhaustion: return "assert_exhaustion";
    case Kind::AssertException: return "assert_exception";
    case Kind::AssertMalformed: return "assert_malformed";
    case Kind::AssertMalformedCustom: return "assert_malformed_custom";
    case Kind::AssertInvalid: return "assert_invalid";
    case Kind::AssertInvalidCustom: return "assert_invalid_custom";
    case Kind::AssertUnlinkable: return "assert_unlinkable";
    case Kind::Thread: return "thread";
    case Kind::Wait: return "wait";
  }
  return "command";
}

/// What a thread can have of an instance of another one: its shared memories.
using SharedExports = std::map<std::string, SharedMemory>;

/// A thread that waits for ever fails instead. Far above what any test needs.
constexpr std::chrono::seconds kThreadPatience(120);

/// An engine that makes artifacts for another one, as another process would: types have other
/// numbers in it.
Engine make_artifact_engine(const EngineConfig& config) {
  constexpr std::string_view kTypes =
      "(module (type (func (param f64 i64 f64))) (type (func (param f64 i64 i64))))";
  Engine engine(config);
  static_cast<void>(Module::compile_text(engine, kTypes));
  return engine;
}

class ScriptRunner {
 public:
  ScriptRunner(const Engine& engine, const text::Script& script, bool through_artifacts)
      : engine_(engine), store_(engine_), linker_(store_), host_(store_), script_(script) {
    linker_.allow_shadowing(true);
    if (through_artifacts) artifact_engine_ = make_artifact_engine(engine.config());
  }

  ScriptOutcome run(const std::vector<ScriptCommand>& commands);

 private:
  /// A thread of the script. What it runs and leaves belongs to it until it is waited for.
  struct Thread {
    std::unique_ptr<ScriptRunner> runner;
    ScriptOutcome outcome;
    std::jthread host_thread;
  };

  Verdict start_thread(const ScriptCommand& command);
  Verdict wait_for_thread(const std::string& id);
  SharedExports share(const Instance& instance) const;

  Verdict run_command(const ScriptCommand& command);
  Result<Module> compile(const ScriptModule& module);
  Outcome instantiate(const Module& module, const std::string& id);
  Outcome instantiate(const ScriptModule& module);
  Outcome perform(const ScriptAction& action);
  Outcome invoke(const Instance& instance, const ScriptAction& action);
  Value make_argument(const ScriptValue& value);
  const Instance* find_instance(const std::string& id) const;

  Verdict expect_success(const Outcome& outcome);
  Verdict expect_return(const ScriptCommand& command);
  Verdict expect_trap(const ScriptCommand& command);
  Verdict expect_compile_error(const ScriptCommand& command, ErrorKind kind);
  Verdict expect_unlinkable(const ScriptCommand& command);
  Verdict register_instance(const ScriptCommand& command);

  Engine engine_;
  Store store_;
  Linker linker_;
  HostReferences host_;
  const text::Script& script_;
  std::optional<Engine> artifact_engine_;  ///< if modules are to go through artifacts
  ScriptOutcome outcome_;
  std::map<std::string, Instance> instances_;  ///< by id
  std::map<std::string, Module> definitions_;
  std::optional<Instance> latest_;
  std::optional<Module> latest_definition_;
  std::map<std::string, SharedExports> shared_;  ///< instances of the thread that started this one
  std::map<std::string, Thread> threads_;        ///< running ones, by id
};

ScriptOutcome ScriptRunner::run(const std::vector<ScriptCommand>& commands) {
  if (const Status status = define_spectest(linker_); !status.has_value())
    return ScriptOutcome::failure(0, status.error().to_string());
  const auto record = [&](const ScriptCommand& command, Verdict failure) {
    const bool passed = !failure.has_value();
    outcome_.commands.push_back(
        {command.line, name_of(command.kind), passed, std::move(failure).value_or("")});
  };
  for (const ScriptCommand& command : commands) record(command, run_command(command));
  for (const ScriptCommand& command : commands)
    if (command.kind == Kind::Thread && threads_.contains(command.id)) {
      wait_for_thread(command.id);
      record(command, "the script does not wait for this thread");
    }
  return std::move(outcome_);
}

// ---- threads ----

SharedExports ScriptRunner::share(const Instance& instance) const {
  SharedExports shared;
  for (const ExportType& item : instance.module().exports())
    if (const std::optional<Memory> memory = instance.memory(item.name))
      if (std::optional<SharedMemory> handle = memory->share())
        shared.emplace(item.name, *std::move(handle));
  return shared;
}

Verdict ScriptRunner::start_thread(const ScriptCommand& command) {
  if (threads_.contains(command.id)) return fmt::format("a thread ${} runs already", command.id);
  Thread thread;
  thread.runner = std::make_unique<ScriptRunner>(engine_, script_, artifact_engine_.has_value());
  for (const std::string& id : command.shared_ids) {
    const Instance* instance = find_instance(id);
    if (instance == nullptr) return no_instance(id);
    thread.runner->shared_.insert_or_assign(id, share(*instance));
  }
  Thread& running = threads_.emplace(command.id, std::move(thread)).first->second;
  running.host_thread = std::jthread([&running, &command] {
    running.runner->store_.set_deadline(std::chrono::steady_clock::now() + kThreadPatience);
    running.outcome = running.runner->run(command.commands);
  });
  return std::nullopt;
}

Verdict ScriptRunner::wait_for_thread(const std::string& id) {
  const auto found = threads_.find(id);
  if (found == threads_.end()) return fmt::format("no thread ${}", id);
  found->second.host_thread.join();
  std::ranges::move(found->second.outcome.commands, std::back_inserter(outcome_.commands));
  threads_.erase(found);
  return std::nullopt;
}

// ---- commands ----

Verdict ScriptRunner::run_command(const ScriptCommand& command) {
  switch (command.kind) {
    case Kind::Module: return expect_success(instantiate(*command.module));
    case Kind::ModuleDefinition: {
      Result<Module> module = compile(*command.module);
      if (!module.has_value()) return module.error().to_string();
      latest_definition_ = *module;
      if (!command.module->id.empty()) definitions_.insert_or_assign(command.module->id, *module);
      return std::nullopt;
    }
    case Kind::ModuleInstance: {
      const auto found = definitions_.find(command.definition_id);
      if (found == definitions_.end() && !(command.definition_id.empty() && latest_definition_))
        return fmt::format("no module definition ${}", command.definition_id);
      const Module module = found == definitions_.end() ? *latest_definition_ : found->second;
      return expect_success(instantiate(module, command.id));
    }
    case Kind::Register: return register_instance(command);
    case Kind::Action: return expect_success(perform(*command.action));
    case Kind::AssertReturn: return expect_return(command);
    case Kind::AssertTrap:
    case Kind::AssertExhaustion:
    case Kind::AssertException: return expect_trap(command);
    case Kind::AssertMalformed:
    case Kind::AssertMalformedCustom: return expect_compile_error(command, ErrorKind::Malformed);
    case Kind::AssertInvalid:
    case Kind::AssertInvalidCustom: return expect_compile_error(command, ErrorKind::Invalid);
    case Kind::AssertUnlinkable: return expect_unlinkable(command);
    case Kind::Thread: return start_thread(command);
    case Kind::Wait: return wait_for_thread(command.id);
  }
  return "unknown command";
}

Result<Module> ScriptRunner::compile(const ScriptModule& module) {
  text::ParsedModule parsed = BRINK_TRY(text::encode_module(
      script_, module, {.emit_names = true, .features = engine_.config().features}));
  Result<Module> compiled = Module::compile_binary(engine_, parsed.bytes);
  if (!compiled.has_value())
    return std::unexpected(text::attach_position(std::move(compiled).error(), parsed.map,
                                                 text::module_source(script_, module)));
  if (!artifact_engine_) return compiled;
  const Module made = BRINK_TRY(Module::compile_binary(*artifact_engine_, parsed.bytes));
  return Module::deserialize(engine_, BRINK_TRY(made.serialize({.threads = 1})));
}

Outcome ScriptRunner::instantiate(const Module& module, const std::string& id) {
  auto instance = linker_.instantiate(module);
  if (!instance.has_value()) return std::unexpected(std::move(instance).error());
  latest_ = *instance;
  if (!id.empty()) instances_.insert_or_assign(id, *instance);
  return std::vector<Value>();
}

Outcome ScriptRunner::instantiate(const ScriptModule& module) {
  Result<Module> compiled = compile(module);
  if (!compiled.has_value()) return std::unexpected(std::move(compiled).error());
  latest_definition_ = *compiled;
  if (!module.id.empty()) definitions_.insert_or_assign(module.id, *compiled);
  return instantiate(*compiled, module.id);
}

const Instance* ScriptRunner::find_instance(const std::string& id) const {
  if (id.empty()) return latest_ ? &*latest_ : nullptr;
  const auto found = instances_.find(id);
  return found == instances_.end() ? nullptr : &found->second;
}

Verdict ScriptRunner::register_instance(const ScriptCommand& command) {
  const Instance* instance = find_instance(command.id);
  if (instance == nullptr) {
    const auto shared = shared_.find(command.id);
    if (shared == shared_.end()) return no_instance(command.id);
    for (const auto& [name, handle] : shared->second) {
      const Result<Memory> memory = Memory::from_shared(store_, handle);
      if (!memory.has_value()) return memory.error().to_string();
      const Status status = linker_.define(command.name, name, Extern(*memory));
      if (!status.has_value()) return status.error().to_string();
    }
    return std::nullopt;
  }
  const Status status = linker_.define_instance(command.name, *instance);
  return status.has_value() ? Verdict() : status.error().to_string();
}

Value ScriptRunner::make_argument(const ScriptValue& value) {
  switch (value.kind) {
    case ScriptValue::Kind::I32: return Value::from_words(kI32, value.bits);
    case ScriptValue::Kind::I64: return Value::from_words(kI64, value.bits);
    case ScriptValue::Kind::F32: return Value::from_words(kF32, value.bits);
    case ScriptValue::Kind::F64: return Value::from_words(kF64, value.bits);
    case ScriptValue::Kind::V128: return Value::v128(value.bits);
    case ScriptValue::Kind::RefNull: return Value::null(value.heap);
    case ScriptValue::Kind::RefExtern: return host_.make(value.number);
    case ScriptValue::Kind::RefHost:
      return Value::ref(ValType::ref(AbstractHeapType::Any, false),
                        host_.make(value.number).ref_word());
  }
  return {};
}

Outcome ScriptRunner::invoke(const Instance& instance, const ScriptAction& action) {
  const std::optional<Func> function = instance.func(action.field);
  if (!function)
    return std::unexpected(
        Error(ErrorKind::Usage, fmt::format("no exported function \"{}\"", action.field)));
  std::vector<Value> args;
  for (const ScriptValue& value : action.arguments) args.push_back(make_argument(value));
  CallResult<std::vector<Value>> results = function->call(args);
  if (!results.has_value()) return std::unexpected(std::move(results).error());
  return *std::move(results);
}

Outcome ScriptRunner::perform(const ScriptAction& action) {
  const Instance* instance = find_instance(action.module_id);
  if (instance == nullptr)
    return std::unexpected(Error(ErrorKind::Usage, no_instance(action.module_id)));
  if (action.kind == ScriptAction::Kind::Invoke) return invoke(*instance, action);
  const std::optional<Global> global = instance->global(action.field);
  if (!global)
    return std::unexpected(
        Error(ErrorKind::Usage, fmt::format("no exported global \"{}\"", action.field)));
  return std::vector<Value>{global->get()};
}

Verdict ScriptRunner::expect_success(const Outcome& outcome) {
  if (outcome.has_value()) return std::nullopt;
  return describe(outcome.error());
}

Verdict ScriptRunner::expect_return(const ScriptCommand& command) {
  const Outcome outcome = perform(*command.action);
  if (!outcome.has_value()) return describe(outcome.error());
  bool is_equal = outcome->size() == command.expected.size();
  for (size_t i = 0; is_equal && i < outcome->size(); ++i)
    is_equal = matches((*outcome)[i], command.expected[i], host_);
  if (is_equal) return std::nullopt;
  std::vector<std::string> expected;
  for (const text::ResultPattern& pattern : command.expected)
    expected.push_back(to_string(pattern));
  return fmt::format("{}: expected [{}], got {}", command.action->field, fmt::join(expected, " "),
                     describe(*outcome));
}

Verdict ScriptRunner::expect_trap(const ScriptCommand& command) {
  const Outcome outcome = command.action ? perform(*command.action) : instantiate(*command.module);
  const std::string what = command.kind == Kind::AssertException
                               ? "an exception"
                               : fmt::format("trap \"{}\"", command.message);
  if (outcome.has_value()) return fmt::format("expected {}, got {}", what, describe(*outcome));
  const Trap* trap = std::get_if<Trap>(&outcome.error());
  if (trap == nullptr) return fmt::format("expected {}, got {}", what, describe(outcome.error()));
  const bool is_exception = trap->code == TrapCode::UncaughtException;
  const bool is_exhaustion = trap->code == TrapCode::StackExhausted;
  const bool is_right_kind = command.kind == Kind::AssertException    ? is_exception
                             : command.kind == Kind::AssertExhaustion ? is_exhaustion
                                                                      : !is_exception;
  if (is_right_kind && begins_with(trap->message, command.message)) return std::nullopt;
  return fmt::format("expected {}, got trap: {}", what, trap->message);
}

Verdict ScriptRunner::expect_compile_error(const ScriptCommand& command, ErrorKind kind) {
  const Result<Module> module = compile(*command.module);
  if (module.has_value())
    return fmt::format("expected {} \"{}\", but the module is accepted", to_string(kind),
                       command.message);
  const Error& error = module.error();
  if (error.kind() == kind && begins_with(error.message(), command.message)) return std::nullopt;
  return fmt::format("expected {} \"{}\", got {}: {}", to_string(kind), command.message,
                     to_string(error.kind()), error.message());
}

Verdict ScriptRunner::expect_unlinkable(const ScriptCommand& command) {
  const Outcome outcome = instantiate(*command.module);
  if (outcome.has_value())
    return fmt::format("expected unlinkable \"{}\", but the module is instantiated",
                       command.message);
  const Error* error = std::get_if<Error>(&outcome.error());
  if (error != nullptr && error->kind() == ErrorKind::Unlinkable &&
      begins_with(error->message(), command.message))
    return std::nullopt;
  return fmt::format("expected unlinkable \"{}\", got {}", command.message,
                     describe(outcome.error()));
}

}  // namespace

uint32_t ScriptOutcome::passed() const {
  return static_cast<uint32_t>(std::ranges::count(commands, true, &CommandOutcome::passed));
}

uint32_t ScriptOutcome::failed() const {
  return static_cast<uint32_t>(commands.size()) - passed();
}

ScriptOutcome ScriptOutcome::failure(uint32_t line, std::string message) {
  return {{{line, "script", false, std::move(message)}}};
}

ScriptOutcome run_script(const RunOptions& options, std::string_view source) {
  const Result<text::Script> script = text::parse_script(source);
  if (!script.has_value())
    return ScriptOutcome::failure(script.error().position().line, script.error().to_string());
  return ScriptRunner(Engine(options.config), *script, options.through_artifacts)
      .run(script->commands);
}

}  // namespace brink::spec_tests
