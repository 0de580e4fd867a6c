// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// SANDBOX-CRITICAL: see compiled_module.h.

#include "engine/compile/runtime/compiled_module.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "engine/compile/compile_all.h"
#include "engine/compile/runtime/jit_dump.h"
#include "engine/compile/runtime/module_context.h"
#include "engine/compile/runtime/perf_map.h"
#include "engine/platform/virtual_memory.h"
#include "engine/runtime/tiers.h"
#include "engine/support/check.h"
#include "engine/support/trace.h"
#include "engine/support/try.h"

namespace brink::compile {

using runtime::CodeHeader;
using runtime::ModuleState;

namespace {

/// Room for code is reserved by the size of the module: no function grows more than this, and there
/// is no harm if one does but that it stays in the interpreter.
constexpr uint64_t kGrowth = 64;
constexpr uint64_t kMinCodeBytes = uint64_t{16} << 20;
constexpr uint64_t kMaxCodeBytes = uint64_t{1} << 30;
/// How warm a function is compiled.
constexpr uint32_t kHot = 2;
constexpr size_t kAlignment = 16;
/// `mov r10d, 2 * index + 1; jmp [rip + entry slot]`, in front of which a direct call comes to a
/// function that lies elsewhere.
constexpr size_t kDetourBytes = 16;

size_t round_up(size_t bytes) {
  return (bytes + kAlignment - 1) & ~(kAlignment - 1);
}

uint64_t code_bytes_for(const wasm::Module& module) {
  uint64_t bytes = 0;
  for (size_t i = module.imported_functions; i < module.functions.size(); ++i)
    bytes += platform::page_size() + kGrowth * module.functions[i].body.size;
  return std::clamp(bytes, kMinCodeBytes, kMaxCodeBytes);
}

void write_displacement(uint8_t* field, const uint8_t* target, int32_t addend) {
  const auto distance = static_cast<int32_t>(target + addend - (field + sizeof(int32_t)));
  std::memcpy(field, &distance, sizeof distance);
}

bool has_direct(const CodeObject& object) {
  return std::ranges::any_of(object.relocations, [](const Relocation& relocation) {
    return relocation.kind == RelocationKind::Direct;
  });
}

}  // namespace

CompiledModule::CompiledModule(ModuleState& module, bool wants_native,
                               std::shared_ptr<const artifact::ArtifactFile> artifact)
    : module_(module),
      wants_native_(wants_native),
      artifact_(std::move(artifact)),
      context_(make_context(module)) {
  area_.functions = static_cast<uint32_t>(module.decoded.functions.size());
  area_.types = static_cast<uint32_t>(module.decoded.types.size());
  const uint32_t defined = area_.functions - imported();
  headers_ = std::make_unique<CodeHeader[]>(defined);
  former_ = std::make_unique<std::atomic<const CodeHeader*>[]>(defined);
  heat_ = std::make_unique<std::atomic<uint32_t>[]>(defined);
  is_compiled_.resize(defined);
}

using SharedArtifact = std::shared_ptr<const artifact::ArtifactFile>;

Result<std::unique_ptr<CompiledModule>> CompiledModule::create(ModuleState& module,
                                                               bool wants_native,
                                                               SharedArtifact artifact) {
  BRINK_TRY(get_stubs());
  std::unique_ptr<CompiledModule> made(
      new CompiledModule(module, wants_native, std::move(artifact)));
  BRINK_TRY(made->init());
  return made;
}

// The code of an artifact comes first in the space, so it reaches the data area at the distance
// that it was linked for.
Status CompiledModule::init() {
  const artifact::FileRange text =
      artifact_ != nullptr ? artifact_->artifact().info().text : artifact::FileRange();
  space_ = BRINK_TRY(
      platform::CodeSpace::reserve(area_.size(), text.bytes + code_bytes_for(module_.decoded)));
  if (artifact_ != nullptr)
    BRINK_CHECK(artifact_->artifact().info().data_bytes == space_.data().size());
  if (text.bytes != 0) BRINK_TRY(space_.append_file(artifact_->file(), text.offset, text.bytes));
  faults_ = BRINK_TRY(platform::register_guest_code(space_.code(), space_.max_code_bytes()));
  fill_data_area();
  compiler_state(*module_.engine.state())
      .registry.add(space_.code(), space_.max_code_bytes(), *this);
  module_.native_entries = &slot(0);
  route_calls();
  if (artifact_ != nullptr) tell_of_artifact();
  return {};
}

CompiledModule::~CompiledModule() {
  if (faults_.is_registered())
    compiler_state(*module_.engine.state()).registry.remove(space_.code());
}

void CompiledModule::fill_data_area() {
  // The area ends where the code begins, whatever it is rounded up to.
  const auto write = [&](uint64_t offset, auto value) {
    std::memcpy(space_.data().data() + offset, &value, sizeof value);
  };
  for (uint32_t i = 0; i < kStubCount; ++i)
    write(area_.stub(static_cast<Stub>(i)), stubs().stubs[i]);
  for (uint32_t i = 0; i < kTrapSlotCount; ++i)
    write(area_.trap(static_cast<TrapCode>(i)), stubs().traps[i]);
  for (uint32_t i = 0; i < area_.types; ++i) write(area_.type_id(i), module_.decoded.type_ids[i]);
}

/// Calls find the way: to the code of an artifact, or to whoever is to compile. In one pass, as
/// this is most of what it takes to load an artifact; nobody else has the module yet.
void CompiledModule::route_calls() {
  constexpr auto kRelaxed = std::memory_order_relaxed;
  const std::span<const artifact::FunctionRow> rows =
      artifact_ != nullptr ? artifact_->artifact().functions()
                           : std::span<const artifact::FunctionRow>();
  for (uint32_t i = 0; i < imported(); ++i) slot(i).store(stubs().resolve, kRelaxed);
  for (uint32_t i = imported(); i < area_.functions; ++i) {
    const uint32_t defined = i - imported();
    CodeHeader& header = headers_[defined];
    header.function_index = i;
    header.module = &module_;
    header.native.store(true, kRelaxed);
    const bool is_there = !rows.empty() && rows[defined].size != 0;
    slot(i).store(is_there ? space_.code() + rows[defined].text_offset : stubs().resolve, kRelaxed);
    if (is_there) is_compiled_[defined] = true;
    if (!is_there && !wants_native_) continue;
    if (!is_there) former_[defined].store(module_.code[i].load(kRelaxed), kRelaxed);
    module_.code[i].store(&header, kRelaxed);
  }
}

std::atomic<const void*>& CompiledModule::slot(uint32_t function_index) const {
  static_assert(sizeof(std::atomic<const void*>) == DataArea::kSlotBytes);
  return *reinterpret_cast<std::atomic<const void*>*>(space_.data().data() +
                                                      area_.entry(function_index));
}

const void* CompiledModule::entry(uint32_t function_index) const {
  return slot(function_index).load(std::memory_order_acquire);
}

bool CompiledModule::is_compiled(uint32_t function_index) const {
  const std::shared_lock lock(mutex_);
  return is_compiled_[function_index - imported()];
}

bool CompiledModule::warm_up(uint32_t function_index, uint32_t weight) {
  if (function_index < imported()) return false;
  const uint32_t before = heat_[function_index - imported()].fetch_add(weight);
  return before < kHot && before + weight >= kHot && !is_compiled(function_index);
}

const void* CompiledModule::make_exit(uint32_t function_index) {
  const TypeId type = module_.decoded.function_type_id(function_index);
  const void* adapter = compiler_state(*module_.engine.state()).adapters.exit_adapter(type);
  const void* expected = stubs().resolve;
  if (adapter == nullptr) return nullptr;
  // If it has been compiled meanwhile, the code is what callers shall find.
  slot(function_index).compare_exchange_strong(expected, adapter, std::memory_order_acq_rel);
  return entry(function_index);
}

// ---- compiling ----

/// Compiles, and notes what that cost.
Result<CodeObject> CompiledModule::make(uint32_t function_index, const LoopEntry* loop) {
  Compilation note;
  note.function_index = function_index;
  if (loop != nullptr) note.loop_offset = loop->offset;
  note.body_bytes = module_.decoded.functions[function_index].body.size;
  note.start = std::chrono::steady_clock::now();
  Result<CodeObject> object = compile_function(context_, function_index, nullptr, loop);
  note.duration = std::chrono::steady_clock::now() - note.start;
  if (object.has_value())
    note.code_bytes = static_cast<uint32_t>(object->code.size());
  else
    note.refusal = object.error().message();
  const std::unique_lock lock(mutex_);
  compilations_.push_back(std::move(note));
  return object;
}

bool CompiledModule::add_made(Result<CodeObject> object) {
  if (!object.has_value()) return false;
  std::vector<CodeObject> objects;
  objects.push_back(*std::move(object));
  return add(std::move(objects)).has_value();
}

bool CompiledModule::compile(uint32_t function_index) {
  if (is_compiled(function_index)) return true;
  if (!add_made(make(function_index))) refuse(function_index);
  return is_compiled(function_index);
}

std::vector<Compilation> CompiledModule::compilations() const {
  const std::shared_lock lock(mutex_);
  return compilations_;
}

// ---- loops ----

std::optional<LoopEntry> CompiledModule::ask_for_loop(const runtime::LoopPlace& place) {
  const std::unique_lock lock(mutex_);
  for (const uint32_t offset : place.offsets) {
    const auto [entry, is_new] = loops_.try_emplace({place.function_index, offset});
    if (is_new) return LoopEntry{offset, place.stack_base};
    if (entry->second.code.load(std::memory_order_relaxed) == nullptr) return std::nullopt;
  }
  return std::nullopt;
}

bool CompiledModule::compile_loop(uint32_t function_index, const LoopEntry& entry) {
  TypeRegistry& types = *module_.decoded.registry;
  const FuncType& type = *types.get(module_.decoded.function_type_id(function_index)).func();
  const TypeId type_id = types.intern(FuncType{{}, type.results});
  {
    const std::unique_lock lock(mutex_);
    loops_[{function_index, entry.offset}].type_id = type_id;
  }
  const bool is_done = add_made(make(function_index, &entry));
  BRINK_TRACE(Translate, "func {}: loop at {:#x} {}", function_index, entry.offset,
              is_done ? "has machine code" : "stays in the interpreter");
  return is_done;
}

runtime::FuncObject* CompiledModule::loop_function(runtime::InstanceObject& instance,
                                                   uint32_t function_index, uint32_t offset) {
  LoopCode* loop = nullptr;
  {
    const std::shared_lock lock(mutex_);
    const auto found = loops_.find({function_index, offset});
    if (found == loops_.end() || found->second.code.load() == nullptr) return nullptr;
    loop = &found->second;
  }
  runtime::FuncObject& function = instance.store->loop_entry;
  function.code = &loop->current;
  function.instance = &instance;
  function.type_id = loop->type_id;
  function.function_index = function_index;
  function.native = &loop->code;
  function.native_adapter.store(nullptr, std::memory_order_relaxed);
  function.param_slots = 0;
  function.result_slots = 0;
  for (const ValType type : instance.store->types().get(loop->type_id).func()->results)
    function.result_slots += type.slots();
  function.store = instance.store;
  return &function;
}

void CompiledModule::compile_all(uint32_t threads) {
  std::vector<CodeObject> objects;
  for (Result<CodeObject>& made : compile::compile_all(context_, threads))
    if (made.has_value()) objects.push_back(*std::move(made));
  if (!objects.empty()) static_cast<void>(add(std::move(objects)));
  for (uint32_t i = imported(); i < area_.functions; ++i)
    if (!is_compiled(i)) refuse(i);
}

void CompiledModule::refuse(uint32_t function_index) {
  BRINK_TRACE(Translate, "func {} stays in the interpreter", function_index);
  if (const CodeHeader* former = former_[function_index - imported()].load())
    module_.code[function_index].store(former, std::memory_order_release);
}

// ---- adding code ----

Status CompiledModule::add(std::vector<CodeObject> objects) {
  const std::scoped_lock lock(adding_);
  std::erase_if(objects, [&](const CodeObject& object) {
    return object.loop_offset == CodeObject::kNoLoop && is_compiled(object.function_index);
  });
  return objects.empty() ? Status() : place(objects);
}

// Detours lie behind the functions, one for each function that is called directly and may lie
// elsewhere; so many are rare that each call has its own.
Status CompiledModule::place(std::span<CodeObject> objects) {
  size_t bytes = 0;
  for (const CodeObject& object : objects) bytes += round_up(object.code.size());
  const size_t first_detour = bytes;
  for (const CodeObject& object : objects)
    if (has_direct(object)) bytes += kDetourBytes * object.relocations.size();
  const std::span<uint8_t> memory = BRINK_TRY(space_.open(bytes));
  std::memset(memory.data(), 0xcc, bytes);
  size_t at = 0;
  uint8_t* detour = memory.data() + first_detour;
  std::vector<std::unique_ptr<OwnFunction>> placed;
  for (CodeObject& object : objects) {
    uint8_t* const code = memory.data() + at;
    at += round_up(object.code.size());
    std::memcpy(code, object.code.data(), object.code.size());
    relocate(object, code);
    for (const Relocation& relocation : object.relocations) {
      if (relocation.kind != RelocationKind::Direct) continue;
      detour[0] = 0x41;  // mov r10d, imm32
      detour[1] = 0xba;
      const uint32_t callee = 2 * relocation.index + 1;
      std::memcpy(detour + 2, &callee, sizeof callee);
      detour[6] = 0xff;  // jmp [rip + disp32]
      detour[7] = 0x25;
      write_displacement(detour + 8, space_.data().data() + area_.entry(relocation.index), 0);
      write_displacement(code + relocation.offset, detour, relocation.addend);
      detour += kDetourBytes;
    }
    auto function = std::make_unique<OwnFunction>();
    function->code = code;
    function->object = std::move(object);
    std::vector<uint8_t>().swap(function->object.code);
    std::vector<Relocation>().swap(function->object.relocations);
    placed.push_back(std::move(function));
  }
  BRINK_TRY(space_.seal(bytes));
  {
    const std::unique_lock lock(mutex_);
    for (auto& function : placed) {
      if (function->object.loop_offset == CodeObject::kNoLoop)
        is_compiled_[function->object.function_index - imported()] = true;
      functions_.push_back(std::move(function));
    }
  }
  const std::span<const std::unique_ptr<OwnFunction>> added =
      std::span(functions_).last(objects.size());
  std::vector<PlacedCode> told;
  for (const auto& function : added) {
    note_placed(told, function->object.function_index,
                {function->code, function->object.code_bytes}, function->object.frame_bytes);
    publish(*function);
  }
  tell(told);
  return {};
}

void CompiledModule::publish(const OwnFunction& function) {
  const CodeObject& object = function.object;
  if (object.loop_offset == CodeObject::kNoLoop)
    return publish(object.function_index, function.code);
  const std::unique_lock lock(mutex_);
  loops_[{object.function_index, object.loop_offset}].code.store(function.code,
                                                                 std::memory_order_release);
}

/// All but direct calls.
void CompiledModule::relocate(const CodeObject& object, uint8_t* code) const {
  const uint8_t* const area = space_.data().data();
  for (const Relocation& relocation : object.relocations) {
    BRINK_CHECK(relocation.offset + sizeof(int32_t) <= object.code.size());
    uint64_t target = 0;
    switch (relocation.kind) {
      case RelocationKind::Entry: target = area_.entry(relocation.index); break;
      case RelocationKind::Stub: target = area_.stub(static_cast<Stub>(relocation.index)); break;
      case RelocationKind::Trap:
        target = area_.trap(static_cast<TrapCode>(relocation.index));
        break;
      case RelocationKind::TypeId: target = area_.type_id(relocation.index); break;
      case RelocationKind::Direct: continue;
    }
    write_displacement(code + relocation.offset, area + target, relocation.addend);
  }
}

void CompiledModule::publish(uint32_t function_index, const uint8_t* code) {
  BRINK_TRACE(Translate, "func {}: machine code at {}", function_index,
              static_cast<const void*>(code));
  slot(function_index).store(code, std::memory_order_release);
  const uint32_t defined = function_index - imported();
  const CodeHeader* former = module_.code[function_index].exchange(&headers_[defined]);
  if (former == &headers_[defined]) return;
  // Callers in the interpreter may have the former one in their code.
  former_[defined].store(former);
  if (former->entry != nullptr) const_cast<CodeHeader*>(former)->divert_to_native();
}

// ---- profilers and debuggers ----

bool CompiledModule::somebody_wants_to_know() const {
  return context_.config.profile != Profile::None || context_.config.debug_info;
}

void CompiledModule::note_placed(std::vector<PlacedCode>& told, uint32_t function_index,
                                 std::span<const uint8_t> code, uint32_t frame_bytes) const {
  if (!somebody_wants_to_know()) return;
  const std::string name = module_.function_name(function_index);
  told.push_back({code, frame_bytes,
                  name.empty() ? fmt::format("{}!function {}", module_.name, function_index)
                               : fmt::format("{}!{}", module_.name, name)});
}

void CompiledModule::tell(std::span<const PlacedCode> functions) {
  if (functions.empty()) return;
  switch (context_.config.profile) {
    case Profile::None: break;
    case Profile::PerfMap: write_perf_map(functions); break;
    case Profile::JitDump: write_jit_dump(functions); break;
  }
  if (context_.config.debug_info) debugger_symbols_.emplace_back(functions);
}

void CompiledModule::tell_of_artifact() {
  if (!somebody_wants_to_know()) return;
  std::vector<PlacedCode> told;
  for (uint32_t i = 0; i < artifact_->artifact().defined_functions(); ++i) {
    const artifact::FunctionRow& row = artifact_->artifact().functions()[i];
    if (row.size != 0)
      note_placed(told, imported() + i, {space_.code() + row.text_offset, row.code_bytes},
                  row.frame_bytes);
  }
  tell(told);
}

// ---- finding ----

std::optional<CompiledModule::Function> CompiledModule::find(const void* pc) const {
  const auto* const address = static_cast<const uint8_t*>(pc);
  if (artifact_ != nullptr &&
      static_cast<size_t>(address - space_.code()) < artifact_->artifact().text().size())
    return find_in_artifact(address);
  const std::shared_lock lock(mutex_);
  const auto after = std::ranges::upper_bound(
      functions_, address, {},
      [](const std::unique_ptr<OwnFunction>& function) { return function->code; });
  if (after == functions_.begin()) return std::nullopt;
  const OwnFunction& own = **std::prev(after);
  const Function function{own.code, view_of(own.object)};
  if (function.offset_of(address) > own.object.code_bytes) return std::nullopt;
  return function;
}

std::optional<CompiledModule::Function> CompiledModule::find_in_artifact(
    const uint8_t* address) const {
  const artifact::Artifact& artifact = artifact_->artifact();
  const auto rows = artifact.functions().first(artifact.defined_functions());
  const auto after = std::ranges::upper_bound(rows, static_cast<uint32_t>(address - space_.code()),
                                              {}, &artifact::FunctionRow::text_offset);
  if (after == rows.begin()) return std::nullopt;
  // Of several at one place only the last has code.
  const auto index = static_cast<uint32_t>(std::prev(after) - rows.begin());
  const Function function{space_.code() + rows[index].text_offset, artifact.function(index)};
  if (function.offset_of(address) > rows[index].code_bytes || rows[index].size == 0)
    return std::nullopt;
  return function;
}

}  // namespace brink::compile
