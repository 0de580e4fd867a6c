// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/x64/emitter.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "engine/compile/x64/emit.h"
#include "engine/compile/x64/offsets.h"
#include "engine/support/check.h"

namespace brink::compile::x64 {

namespace x86 = asmjit::x86;

namespace {

/// Frames larger than that are checked before they are made: the limit has no more room below it.
constexpr uint32_t kLargeFrame = 32 * 1024;
/// Frames of functions without calls that need no check.
constexpr uint32_t kSmallFrame = 1024;

bool polls(const MachineFunction& machine) {
  return std::any_of(machine.insts.begin(), machine.insts.end(), [](const MachineInst& inst) {
    return inst.code == static_cast<uint16_t>(Pseudo::Poll);
  });
}

}  // namespace

void EncoderErrors::handleError(asmjit::Error, const char* message, asmjit::BaseEmitter*) {
  std::fprintf(stderr, "encoder: %s\n", message);
  BRINK_UNREACHABLE();
}

Emitter::Emitter(const ir::Function& function, const LoweredFunction& lowered,
                 const Allocation& allocation, const std::vector<bool>& short_jumps,
                 const Emitter* previous, std::string* assembly)
    : function_(function),
      lowered_(lowered),
      machine_(lowered.machine),
      allocation_(allocation),
      assembly_(assembly),
      short_jumps_(short_jumps),
      previous_(previous),
      has_avx_(lowered.has_avx),
      constants_(lowered.constants) {
  asmjit::Environment environment(asmjit::Arch::kX64);
  code_.init(environment);
  code_.setErrorHandler(&errors_);
  code_.attach(&a_);
  if (assembly_ != nullptr) code_.setLogger(&logger_);
#ifndef NDEBUG
  a_.addDiagnosticOptions(asmjit::DiagnosticOptions::kValidateAssembler);
#endif
}

CodeObject Emitter::run() {
  object_.function_index = machine_.function_index;
  object_.positions = function_.positions;
  object_.clauses = function_.clauses;
  plan_blocks();
  for (size_t i = 0; i < constants_.size(); ++i) constant_labels_.push_back(a_.newLabel());
  emit_prologue();
  for (size_t i = 0; i < layout_.size(); ++i) {
    next_ = i + 1 < layout_.size() ? layout_[i + 1] : ~uint32_t{0};
    emit_block(layout_[i]);
  }
  emit_slow_paths();
  emit_constants();
  finish();
  return std::move(object_);
}

// --- Blocks ---

/// Nothing but a jump, not even a move for it.
bool Emitter::is_empty(uint32_t block) const {
  const MachineBlock& b = machine_.blocks[block];
  if (b.inst_count != 1 || b.targets.size() != 1 || block == 0) return false;
  if (machine_.insts[b.first_inst].code != static_cast<uint16_t>(Pseudo::Jump)) return false;
  const auto move = std::lower_bound(
      allocation_.moves.begin(), allocation_.moves.end(), b.first_inst,
      [](const AllocatedMove& candidate, uint32_t inst) { return candidate.before < inst; });
  return move == allocation_.moves.end() || move->before != b.first_inst;
}

void Emitter::plan_blocks() {
  const auto count = static_cast<uint32_t>(machine_.blocks.size());
  for (uint32_t block = 0; block < count; ++block) labels_.push_back(a_.newLabel());
  // Forward chains are followed to their end. Backward ones lead to loop headers; an endless loop
  // may consist of empty blocks alone.
  thread_.resize(count);
  for (uint32_t block = count; block-- > 0;) {
    thread_[block] = block;
    if (!is_empty(block)) continue;
    const uint32_t to = machine_.blocks[block].targets[0].block;
    if (to > block)
      thread_[block] = thread_[to];
    else if (!is_empty(to))
      thread_[block] = to;
  }
  for (const bool is_cold : {false, true})
    for (uint32_t block = 0; block < count; ++block)
      if ((machine_.blocks[block].is_cold && block != 0) == is_cold && thread_[block] == block)
        layout_.push_back(block);
}

void Emitter::emit_block(uint32_t block) {
  const MachineBlock& b = machine_.blocks[block];
  block_ = block;
  a_.bind(labels_[block]);
  flags_reg_ = {};
  const auto move = std::lower_bound(
      allocation_.moves.begin(), allocation_.moves.end(), b.first_inst,
      [](const AllocatedMove& candidate, uint32_t inst) { return candidate.before < inst; });
  next_move_ = static_cast<size_t>(move - allocation_.moves.begin());
  is_run_open_ = false;
  for (uint32_t i = b.first_inst; i < b.first_inst + b.inst_count;) {
    if (previous_ != nullptr && next_run_ < previous_->runs_.size() &&
        previous_->runs_[next_run_].first_inst == i) {
      const Run& run = previous_->runs_[next_run_++];
      copy_run(run);
      i = run.inst_end;
      continue;
    }
    const Marks before = marks();
    emit_inst(i);
    if (previous_ == nullptr) note_run(i, before);
    ++i;
  }
}

// --- What is encoded once ---

Emitter::Marks Emitter::marks() const {
  return {here(), static_cast<uint32_t>(object_.sites.size()), code_.labelCount(),
          jumps_.size() + slow_paths_.size() + label_uses_ + object_.relocations.size() +
              object_.maps.size() + object_.landings.size() + tables_.size()};
}

/// An instruction that has added nothing but bytes and sites can be copied.
void Emitter::note_run(uint32_t index, const Marks& before) {
  const Marks now = marks();
  if (now.labels != before.labels || now.others != before.others) {
    is_run_open_ = false;
    return;
  }
  if (!is_run_open_) {
    const auto site = static_cast<uint32_t>(run_sites_.size());
    runs_.push_back({index, index, before.offset, before.offset, site, site});
    is_run_open_ = true;
  }
  Run& run = runs_.back();
  run.inst_end = index + 1;
  run.end = now.offset;
  for (uint32_t i = before.sites; i < now.sites; ++i) run_sites_.push_back(object_.sites[i]);
  run.site_end = static_cast<uint32_t>(run_sites_.size());
}

void Emitter::copy_run(const Run& run) {
  const uint32_t start = here();
  const uint8_t* const code = previous_->code_.sectionById(0)->buffer().data();
  if (run.end != run.start) a_.embed(code + run.start, run.end - run.start);
  for (uint32_t i = run.first_site; i < run.site_end; ++i) {
    CodeSite site = previous_->run_sites_[i];
    site.offset += start - run.start;
    object_.sites.push_back(site);
  }
  const auto& moves = allocation_.moves;
  while (next_move_ < moves.size() && moves[next_move_].before < run.inst_end) ++next_move_;
  // Tests add nothing but bytes, so those that are left out are part of runs.
  flags_reg_ = {};
}

void Emitter::emit_inst(uint32_t index) {
  const auto& moves = allocation_.moves;
  for (; next_move_ < moves.size() && moves[next_move_].before == index; ++next_move_) {
    const AllocatedMove& move = moves[next_move_];
    emit_move_between(move);
    // A constant made again may be made by xor.
    if (move.from.kind == Location::Kind::Rematerialize || move.to.reg == flags_reg_)
      flags_reg_ = {};
  }
  const Placed placed = place(index);
  if (is_known_test(placed)) return;
  if (is_pseudo(placed.inst.code)) {
    emit_pseudo(placed);
  } else {
    if (placed.inst.position != ir::kNoPosition) add_site(here(), placed.inst.position);
    emit_encoded(placed);
  }
  note_flags(placed);
}

// --- Prologue ---

void Emitter::emit_prologue() {
  entry_ = a_.newLabel();
  a_.bind(entry_);
  const bool needs_frame = machine_.has_calls || polls(machine_);
  frame_ = machine_.outgoing_bytes + allocation_.spill_bytes;
  BRINK_CHECK(frame_ % 16 == 0);
  if (needs_frame || frame_ != 0) frame_ += 8;
  object_.frame_bytes = frame_;
  const bool is_large = frame_ > kLargeFrame;
  const bool is_checked = machine_.has_calls || frame_ >= kSmallFrame;
  const Mem limit = x86::ptr(gp(kInstance, 8), offsets::kNativeLimit, 8);
  const auto call_slow_path = [&] {
    const Label back = a_.newLabel();
    const Label slow = slow_path([this, back, is_large] {
      call_data_area(RelocationKind::Stub, static_cast<uint32_t>(Stub::Interrupt));
      if (is_large) object_.entry_check = here();
      a_.jmp(back);
    });
    jump_if(Cond::B, slow);
    a_.bind(back);
  };
  if (is_checked && is_large) {
    a_.lea(gp(kScratch, 8), x86::ptr(x86::rsp, -static_cast<int32_t>(frame_)));
    a_.cmp(gp(kScratch, 8), limit);
    call_slow_path();
  }
  if (frame_ != 0) a_.sub(x86::rsp, frame_);
  if (is_checked && !is_large) {
    a_.cmp(x86::rsp, limit);
    call_slow_path();
  }
}

// --- What lies behind ---

Emitter::Label Emitter::slow_path(std::function<void()> emit) {
  slow_paths_.push_back({a_.newLabel(), std::move(emit)});
  return slow_paths_.back().label;
}

Emitter::Label Emitter::trap_label(TrapCode code, ir::PositionId position) {
  const auto [entry, is_new] = traps_.try_emplace({code, position});
  if (is_new) entry->second = slow_path([this, code, position] { emit_trap_call(code, position); });
  return entry->second;
}

void Emitter::emit_trap_call(TrapCode code, ir::PositionId position) {
  call_data_area(RelocationKind::Trap, static_cast<uint32_t>(code));
  add_site(here(), position);
}

void Emitter::emit_slow_paths() {
  // A slow path may note further ones.
  for (size_t i = 0; i < slow_paths_.size(); ++i) {
    a_.bind(slow_paths_[i].label);
    const auto emit = std::move(slow_paths_[i].emit);
    emit();
  }
}

Emitter::Label Emitter::constant(V128 bits, uint8_t bytes) {
  ++label_uses_;
  const PoolConstant wanted = {bits, bytes};
  const auto found = std::find(constants_.begin(), constants_.end(), wanted);
  if (found != constants_.end())
    return constant_labels_[static_cast<size_t>(found - constants_.begin())];
  constants_.push_back(wanted);
  constant_labels_.push_back(a_.newLabel());
  return constant_labels_.back();
}

void Emitter::emit_constants() {
  // Code ends here; what follows a call that does not return must not look like code of a
  // neighbour.
  object_.code_bytes = here();
  a_.align(asmjit::AlignMode::kData, 16);
  for (const uint8_t bytes : {16, 8, 4})
    for (size_t i = 0; i < constants_.size(); ++i) {
      if (constants_[i].bytes != bytes) continue;
      a_.bind(constant_labels_[i]);
      a_.embed(&constants_[i].bits, bytes);
    }
  for (const JumpTable& table : tables_) {
    a_.bind(table.label);
    const auto& places = lowered_.switches[table.index];
    const auto& targets = machine_.blocks[table.block].targets;
    for (size_t i = 0; i + 1 < places.size(); ++i)
      a_.embedLabelDelta(block_label(targets[places[i]].block), table.label, 4);
  }
  a_.align(asmjit::AlignMode::kData, 16);
}

void Emitter::finish() {
  for (size_t i = 0; i < object_.landings.size(); ++i)
    object_.landings[i].landing =
        static_cast<uint32_t>(code_.labelOffset(labels_[landing_blocks_[i]]));
  code_.resolveUnresolvedLinks();
  const asmjit::CodeBuffer& buffer = code_.sectionById(0)->buffer();
  object_.code.assign(buffer.data(), buffer.data() + buffer.size());
  const auto by_offset = [](const auto& a, const auto& b) { return a.offset < b.offset; };
  std::sort(object_.relocations.begin(), object_.relocations.end(), by_offset);
  std::stable_sort(object_.sites.begin(), object_.sites.end(), by_offset);
  std::sort(object_.maps.begin(), object_.maps.end(), by_offset);
  std::sort(object_.landings.begin(), object_.landings.end(), by_offset);
  if (assembly_ != nullptr) assembly_->assign(logger_.data(), logger_.dataSize());
}

std::vector<bool> Emitter::possible_short_jumps() const {
  constexpr int64_t kReach = 127;
  std::vector<bool> result;
  for (const JumpSite& jump : jumps_) {
    const auto target = static_cast<int64_t>(code_.labelOffset(jump.target));
    const int64_t distance = target - int64_t{jump.end};
    result.push_back(distance >= 0 && distance <= kReach);
  }
  return result;
}

// --- Tables ---

void Emitter::add_site(uint32_t offset, ir::PositionId position) {
  if (position == ir::kNoPosition) return;
  object_.sites.push_back({offset, position});
  if (assembly_ == nullptr) return;
  // For readers of the assembly: "; @ 0x7b", of an inlined function "; @ 0x7b in function 3".
  const ir::Position& place = object_.positions[position];
  logger_.logf("; @ 0x%x", place.offset);
  if (place.function_index != object_.function_index)
    logger_.logf(" in function %u", place.function_index);
  logger_.log("\n");
}

void Emitter::note_return(const Placed& placed) {
  add_site(here(), placed.inst.position);
  const auto map = std::lower_bound(
      allocation_.stack_maps.begin(), allocation_.stack_maps.end(), placed.index,
      [](const StackMap& candidate, uint32_t inst) { return candidate.inst < inst; });
  if (map != allocation_.stack_maps.end() && map->inst == placed.index) {
    object_.maps.push_back(
        {here(), static_cast<uint32_t>(object_.map_slots.size()), map->slot_count});
    for (uint32_t i = 0; i < map->slot_count; ++i)
      object_.map_slots.push_back(machine_.outgoing_bytes +
                                  allocation_.map_slots[map->first_slot + i]);
  }
  if (!placed.inst.is_terminator) return;
  const uint32_t landing = machine_.blocks[block_].targets[1].block;
  const ir::Block& from = function_.blocks[machine_.blocks[landing].ir_block];
  const ir::Inst& first = function_[from.insts.front()];
  BRINK_CHECK(first.op == ir::Op::Landing);
  object_.landings.push_back({.offset = here(),
                              .landing = 0,
                              .first_clause = static_cast<uint32_t>(first.imm),
                              .clause_count = static_cast<uint32_t>(first.imm2)});
  landing_blocks_.push_back(landing);
}

Emitter::Mem Emitter::data_area() const {
  return x86::ptr(x86::rip, 0, 8);
}

void Emitter::note_relocation(RelocationKind kind, uint32_t index) {
  object_.relocations.push_back({.offset = here() - 4, .kind = kind, .addend = 0, .index = index});
}

/// For readers of the assembly: what a slot of the data area holds.
void Emitter::explain_slot(RelocationKind kind, uint32_t index) {
  static constexpr const char* kKinds[] = {"entry", "stub", "trap", "type id", "function"};
  static constexpr const char* kStubs[] = {
#define BRINK_STUB(id) #id,
#include "engine/compile/stubs.def"
  };
  if (assembly_ == nullptr) return;
  comment_ = kKinds[static_cast<size_t>(kind)];
  comment_ += ' ';
  if (kind == RelocationKind::Stub)
    comment_ += kStubs[index];
  else if (kind == RelocationKind::Trap)
    comment_ += to_string(static_cast<TrapCode>(index));
  else
    comment_ += std::to_string(index);
  a_.setInlineComment(comment_.c_str());
}

void Emitter::call_data_area(RelocationKind kind, uint32_t index) {
  explain_slot(kind, index);
  a_.call(data_area());
  note_relocation(kind, index);
}

void Emitter::jump_data_area(RelocationKind kind, uint32_t index) {
  explain_slot(kind, index);
  a_.jmp(data_area());
  note_relocation(kind, index);
}

CodeObject emit_code(const ir::Function& function, const LoweredFunction& lowered,
                     const Allocation& allocation, std::string* assembly) {
  const std::vector<bool> none;
  Emitter first(function, lowered, allocation, none, nullptr, nullptr);
  CodeObject object = first.run();
  const std::vector<bool> short_jumps = first.possible_short_jumps();
  const bool is_final =
      std::find(short_jumps.begin(), short_jumps.end(), true) == short_jumps.end();
  if (is_final && assembly == nullptr) return object;
  const Emitter* const previous = assembly == nullptr ? &first : nullptr;
  return Emitter(function, lowered, allocation, short_jumps, previous, assembly).run();
}

}  // namespace brink::compile::x64
