// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The functions as a linker's definitions. The only file of wasi/ that needs an engine: everything
// else works on a GuestMemory.

#include "brink/linker.h"

#include <algorithm>
#include <string>
#include <type_traits>
#include <vector>

#include "brink/store.h"
#include "brink/wasi.h"
#include "engine/wasm/module.h"
#include "wasi/context.h"

namespace brink::wasi {
namespace {

constexpr std::string_view kPreview1 = "wasi_snapshot_preview1";
constexpr std::string_view kUnstable = "wasi_unstable";

constexpr FunctionInfo kFunctions[] = {
#define BRINK_WASI_FUNCTION(name, ...) {#name, #__VA_ARGS__},
#include "wasi/functions.def"
};

/// The trap for a call that ended in Errno::HostStop.
std::unexpected<Trap> stop(const Context& context) {
  if (const auto status = context.exit_status()) return make_exit(*status);
  const TrapCode code = context.stop_code();
  return make_trap(std::string(to_string(code)) + " while the guest waited in the host", code);
}

/// Pages of a pooled instance that nobody has written yet are protected, also from the kernel.
GuestMemory guest_memory(const Memory& memory) {
  if (!memory.tracks_writes()) return GuestMemory(memory.data());
  return GuestMemory(
      memory.data(),
      [](void* object, uint64_t address, uint64_t size) {
        const Memory written(static_cast<runtime::MemoryObject*>(object));
        return written.make_writable(address, size).has_value();
      },
      memory.object());
}

template <typename... Args>
std::string describe_call(std::string_view name, Args... args) {
  std::string line(name);
  line += '(';
  [[maybe_unused]] const char* separator = "";
  ((line += separator, line += std::to_string(args), separator = ", "), ...);
  line += ") -> ";
  return line;
}

/// Whose system interface a call is for: always the same, or what is found for the store.
struct Source {
  std::shared_ptr<Context> fixed;
  Wasi::Finder find;

  Context* context(Caller& caller) const {
    if (fixed != nullptr) return fixed.get();
    Wasi* const wasi = find(caller.store());
    return wasi == nullptr ? nullptr : &wasi->context();
  }
};

constexpr std::string_view kNoContext = "the host has given this guest no system interface";

/// Makes a host function of a member function of Context.
template <typename... Args>
auto host_function(Source source, Abi abi, std::string_view name,
                   Outcome<> (Context::*function)(const GuestCall&, Args...)) {
  return [source = std::move(source), abi, name, function](Caller& caller,
                                                           Args... args) -> CallResult<int32_t> {
    Context* const context = source.context(caller);
    if (context == nullptr) return make_trap(std::string(kNoContext));
    const std::optional<Memory> memory = caller.memory();
    if (!memory) {
      return make_trap("the module calls " + std::string(name) +
                       " but exports no memory named \"memory\"");
    }
    const GuestCall call{guest_memory(*memory), abi};
    const Outcome<> outcome = (context->*function)(call, args...);
    const Errno error = outcome ? Errno::Success : outcome.error();
    if (const auto& trace = context->trace()) {
      trace(describe_call(name, args...) + std::string(to_string(error)));
    }
    if (error == Errno::HostStop) return stop(*context);
    return static_cast<int32_t>(error);
  };
}

/// proc_exit has no result, and needs no memory.
auto exit_function(Source source) {
  return [source = std::move(source)](Caller& caller, uint32_t code) -> CallResult<void> {
    Context* const context = source.context(caller);
    if (context == nullptr) return make_trap(std::string(kNoContext));
    if (const auto& trace = context->trace()) trace(describe_call("proc_exit", code) + "exit");
    return make_exit(static_cast<int32_t>(code));
  };
}

/// Names of what a module imports from another.
std::vector<std::string_view> imported_names(const Module& importer, std::string_view module) {
  std::vector<std::string_view> names;
  for (const wasm::Import& import : importer.decoded().imports)
    if (import.module == module) names.push_back(import.name);
  return names;
}

/// `importer`: whose imports are all that is needed; null for everything.
Status define_module(Linker& linker, const Source& source, std::string_view module, Abi abi,
                     const Module* importer) {
  std::vector<std::string_view> names;
  if (importer != nullptr) names = imported_names(*importer, module);
  if (importer != nullptr && names.empty()) return {};
  const auto is_needed = [&](std::string_view name) {
    return importer == nullptr || std::ranges::find(names, name) != names.end();
  };
#define BRINK_WASI_FUNCTION(name, ...)                                                             \
  if (!is_needed(#name)) {                                                                         \
  } else if constexpr (std::string_view(#name) == "proc_exit") {                                   \
    auto status = linker.define(module, #name, exit_function(source));                             \
    if (!status) return status;                                                                    \
  } else {                                                                                         \
    auto status = linker.define(module, #name, host_function(source, abi, #name, &Context::name)); \
    if (!status) return status;                                                                    \
  }
#include "wasi/functions.def"
  return {};
}

Status define_all(Linker& linker, const Source& source, const Module* importer = nullptr) {
  auto status = define_module(linker, source, kPreview1, Abi::Preview1, importer);
  if (!status) return status;
  return define_module(linker, source, kUnstable, Abi::Snapshot0, importer);
}

}  // namespace

std::span<const FunctionInfo> functions() {
  return kFunctions;
}

Status Wasi::add_to_linker(Linker& linker) {
  return define_all(linker, {context_, {}});
}

// A module that imports anything else gets all, so that the message about what is missing can say
// what there is.
Status Wasi::add_to_linker(Linker& linker, const Module& module) {
  const auto is_ours = [](const wasm::Import& import) {
    return (import.module == kPreview1 || import.module == kUnstable) &&
           std::ranges::find(kFunctions, import.name, &FunctionInfo::name) != std::end(kFunctions);
  };
  const bool is_enough = std::ranges::all_of(module.decoded().imports, is_ours);
  return define_all(linker, {context_, {}}, is_enough ? &module : nullptr);
}

Status Wasi::add_to_linker(Linker& linker, Finder find) {
  return define_all(linker, {nullptr, std::move(find)});
}

}  // namespace brink::wasi
