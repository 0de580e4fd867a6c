// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/regalloc/random_function.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "engine/compile/machine/builder.h"

namespace brink::compile::regalloc {

namespace {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
  uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_ * 0x2545f4914f6cdd1du >> 16;
  }
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(next() % n); }
  bool chance(uint32_t percent) { return below(100) < percent; }

 private:
  uint64_t state_;
};

/// A block that is still to come, and who jumps there.
struct Label {
  std::vector<uint32_t> sources;
};

class Generator {
 public:
  Generator(uint64_t seed, const RegisterFile& registers, const RandomShape& shape)
      : random_(seed), registers_(registers), shape_(shape) {}

  MachineFunction run() {
    begin({});
    std::vector<Operand> params;
    for (uint32_t i = 0; i < 3; ++i) params.push_back(Operand::def_fixed(fresh(0), int_reg(i)));
    params.push_back(Operand::def_fixed(fresh(3), PReg::vector(0)));
    params.push_back(Operand::def_fixed(fresh(2), int_reg(3)));
    builder_.inst(1, params);
    budget_ = shape_.statements;
    if (statements(0)) end_function();
    return builder_.finish();
  }

 private:
  // Kinds of values: 0 of 8 bytes, 1 of 4, 2 references, 3 floats of 8, 4 vectors of 16.
  static constexpr uint32_t kKinds = 5;

  PReg int_reg(uint32_t n) const { return PReg::integer(n); }
  static RegClass class_of(uint32_t kind) { return kind < 3 ? RegClass::Int : RegClass::Vector; }
  VRegInfo info(uint32_t kind) const {
    static constexpr uint8_t bytes[kKinds] = {8, 4, 8, 8, 16};
    return {.cls = class_of(kind), .bytes = bytes[kind], .is_ref = kind == 2};
  }
  uint32_t some_kind() { return random_.chance(60) ? 0 : random_.below(kKinds); }

  /// A new value, visible from here on.
  VReg fresh(uint32_t kind) {
    const VReg v = builder_.function().new_vreg(info(kind));
    values_[kind].push_back(v);
    return v;
  }
  VReg hidden(uint32_t kind) { return builder_.function().new_vreg(info(kind)); }

  /// A visible value; one is made if there is none. Recent ones are preferred.
  VReg some(uint32_t kind) {
    auto& values = values_[kind];
    if (values.empty() || random_.chance(3)) return make(kind);
    const auto count = static_cast<uint32_t>(values.size());
    if (random_.chance(shape_.recent_percent))
      return values[count - 1 - random_.below(std::min(count, 4u))];
    return values[random_.below(count)];
  }
  VReg make(uint32_t kind) {
    if (random_.chance(50)) {
      const VReg v = builder_.constant(2, random_.next(), info(kind));
      values_[kind].push_back(v);
      return v;
    }
    const VReg v = fresh(kind);
    builder_.inst(3, {Operand::def(v)}).imm = random_.next();
    return v;
  }

  void begin(std::vector<VReg> params) {
    builder_.begin_block(std::move(params));
    builder_.block().loop_depth = static_cast<uint16_t>(loops_);
    builder_.block().is_cold = cold_;
  }
  uint32_t here() { return static_cast<uint32_t>(builder_.function().blocks.size() - 1); }

  void jump_to(Label& label, const std::vector<VReg>& args) {
    label.sources.push_back(here());
    builder_.jump(10, 0, args);
  }
  /// Whether anybody comes here.
  bool bind(Label& label, const std::vector<uint32_t>& kinds) {
    if (label.sources.empty()) return false;
    std::vector<VReg> params;
    for (const uint32_t kind : kinds) params.push_back(fresh(kind));
    begin(params);
    for (const uint32_t source : label.sources) {
      builder_.function().blocks[source].targets[0].block = here();
    }
    return true;
  }
  std::vector<uint32_t> some_kinds() {
    std::vector<uint32_t> kinds(random_.below(4));
    for (uint32_t& kind : kinds) kind = some_kind();
    return kinds;
  }
  std::vector<VReg> args_for(const std::vector<uint32_t>& kinds) {
    std::vector<VReg> args;
    for (const uint32_t kind : kinds) args.push_back(some(kind));
    return args;
  }

  /// False if the end cannot be reached.
  bool statements(uint32_t depth) {
    const uint32_t count = 1 + random_.below(8);
    for (uint32_t i = 0; i < count || (depth == 0 && budget_ != 0); ++i) {
      if (budget_ == 0) return true;
      --budget_;
      if (!statement(depth)) return false;
    }
    return true;
  }

  bool statement(uint32_t depth) {
    const uint32_t dice = random_.below(100);
    if (depth < shape_.max_depth) {
      if (dice < 7) return branch(depth, 2);
      if (dice < 9) return branch(depth, 3 + random_.below(4));
      if (dice < 15) return loop(depth);
      if (dice < 18) return invoke(depth);
    }
    if (dice < 20 && !exits_.empty() && depth > 0) {
      const auto& [label, kinds] = exits_[random_.below(static_cast<uint32_t>(exits_.size()))];
      jump_to(*label, args_for(*kinds));
      return false;
    }
    if (random_.chance(shape_.call_percent)) {
      call();
    } else {
      operation();
    }
    return true;
  }

  /// In a scope of its own, starting in a new block.
  bool arm(uint32_t depth, Label& merge, const std::vector<uint32_t>& kinds, bool cold) {
    const auto saved = values_;
    const bool was_cold = std::exchange(cold_, cold_ || cold);
    begin({});
    const bool reaches = depth == ~uint32_t{0} || statements(depth + 1);
    if (reaches) jump_to(merge, args_for(kinds));
    cold_ = was_cold;
    values_ = saved;
    return reaches;
  }

  bool branch(uint32_t depth, uint32_t ways) {
    const auto kinds = some_kinds();
    Label merge;
    builder_.end(11, {random_.chance(30) ? Operand::use_any(some(0)) : Operand::use(some(0))});
    const uint32_t from = here();
    builder_.function().blocks[from].targets.resize(ways);
    const bool cold = random_.chance(20);
    for (uint32_t way = 0; way < ways; ++way) {
      builder_.function().blocks[from].targets[way].block = here() + 1;
      arm(way == 1 && random_.chance(40) ? ~uint32_t{0} : depth, merge, kinds, way == 0 && cold);
    }
    return bind(merge, kinds);
  }

  bool loop(uint32_t depth) {
    const auto kinds = some_kinds();
    const auto exit_kinds = some_kinds();
    Label exit;
    Label entry;
    jump_to(entry, args_for(kinds));
    const auto saved = values_;
    ++loops_;
    bind(entry, kinds);
    const uint32_t header = here();
    builder_.block().is_loop_header = true;
    exits_.emplace_back(&exit, &exit_kinds);
    const uint32_t body = 1 + random_.below(3);
    bool reaches = true;
    for (uint32_t i = 0; i < body && reaches; ++i) reaches = statements(depth + 1);
    if (reaches) {
      // Leave, or go around.
      builder_.end(11, {Operand::use(some(0))});
      const uint32_t from = here();
      builder_.function().blocks[from].targets.resize(2);
      builder_.function().blocks[from].targets[0].block = from + 1;
      begin({});
      const auto inside = values_;
      builder_.jump(10, header, args_for(kinds));
      values_ = inside;
      builder_.function().blocks[from].targets[1].block = here() + 1;
      begin({});
      jump_to(exit, args_for(exit_kinds));
    }
    exits_.pop_back();
    --loops_;
    values_ = saved;
    return bind(exit, exit_kinds);
  }

  bool invoke(uint32_t depth) {
    const auto kinds = some_kinds();
    Label merge;
    const auto before = values_;
    std::vector<VReg> results;
    call(&results);
    MachineInst& inst = builder_.function().insts.back();
    inst.is_terminator = true;
    const uint32_t from = here();
    builder_.function().blocks[from].targets.resize(2);
    builder_.function().blocks[from].targets[0].block = from + 1;
    arm(depth, merge, kinds, false);
    builder_.function().blocks[from].targets[1].block = here() + 1;
    values_ = before;
    begin({});
    builder_.block().is_landing = true;
    builder_.inst(4, {Operand::def_fixed(fresh(2), int_reg(0))});
    if (statements(depth + 1)) jump_to(merge, args_for(kinds));
    values_ = before;
    return bind(merge, kinds);
  }

  /// Takes all registers; arguments and results are in fixed ones.
  void call(std::vector<VReg>* results = nullptr) {
    std::vector<Operand> operands;
    const uint32_t ints = random_.below(5);
    for (uint32_t i = 0; i < ints; ++i) {
      operands.push_back(Operand::use_fixed(some(random_.below(3)), int_reg((i * 3 + 1) % 5)));
    }
    const uint32_t floats = random_.below(3);
    for (uint32_t i = 0; i < floats; ++i) {
      operands.push_back(Operand::use_fixed(some(3 + random_.below(2)), PReg::vector(i)));
    }
    if (random_.chance(20)) operands.push_back(Operand::use_any(some(0)));
    if (random_.chance(10)) operands.push_back(Operand::use(some(0)));
    const uint32_t kind = some_kind();
    const VReg result = results != nullptr ? hidden(kind) : hidden(kind);
    const PReg reg = class_of(kind) == RegClass::Int ? int_reg(0) : PReg::vector(0);
    operands.push_back(Operand::def_fixed(result, reg));
    if (random_.chance(30)) {
      const VReg second = hidden(0);
      operands.push_back(Operand::def_fixed(second, int_reg(2)));
      values_[0].push_back(second);
    }
    MachineInst& inst = builder_.inst(5, operands);
    values_[kind].push_back(result);
    inst.is_call = true;
    inst.is_safepoint = random_.chance(70);
    for (const auto& regs : registers_.allocatable) {
      for (const PReg each : regs) inst.clobbers = inst.clobbers.with(each);
    }
  }

  void operation() {
    switch (random_.below(13)) {
      case 0:
      case 1:
      case 2: return simple();
      case 3: return tied();
      case 4: return shift();
      case 5: return divide();
      case 6: return copy();
      case 7: return partial_clobber();
      case 8: return with_temporary();
      case 9: return swap_fixed();
      case 10: return poll();
      case 11: return any_def();
      default: make(some_kind()); return;
    }
  }

  void simple() {
    std::vector<Operand> operands;
    const uint32_t kind = some_kind();
    const uint32_t uses = random_.below(4);
    for (uint32_t i = 0; i < uses; ++i) {
      const VReg v = some(random_.chance(80) ? kind : some_kind());
      operands.push_back(i == 0 && random_.chance(40) ? Operand::use_any(v) : Operand::use(v));
    }
    if (random_.chance(80)) operands.push_back(Operand::def(fresh(kind)));
    builder_.inst(20, operands);
  }
  void tied() {
    const uint32_t kind = some_kind();
    const VReg a = some(kind);
    const VReg b = some(kind);
    Operand second = random_.chance(30) ? Operand::use_any(b) : Operand::use(b);
    if (random_.chance(20)) second.off_time = true;
    builder_.inst(21, {Operand::use(a), second, Operand::def_tied(fresh(kind), 0)});
  }
  void shift() {
    const VReg a = some(0);
    const VReg count = some(1);
    builder_.inst(22, {Operand::use(a), Operand::use_fixed(count, int_reg(1)),
                       Operand::def_tied(fresh(0), 0)});
  }
  void divide() {
    const VReg a = some(0);
    const VReg b = some(0);
    const VReg high = hidden(0);
    Operand divisor = random_.chance(50) ? Operand::use_any(b) : Operand::use(b);
    divisor.off_time = true;
    Operand rest = Operand::def_fixed(high, int_reg(2));
    rest.off_time = true;
    if (random_.chance(50)) values_[0].push_back(high);
    builder_.inst(23, {Operand::use_fixed(a, int_reg(0)), divisor, rest,
                       Operand::def_fixed(fresh(0), int_reg(0))});
  }
  void copy() {
    const uint32_t kind = some_kind();
    const VReg from = some(kind);
    builder_.move(24, fresh(kind), from);
  }
  void partial_clobber() {
    const VReg a = some(0);
    const VReg b = some(3);
    MachineInst& inst = builder_.inst(25, {Operand::use_late(a), Operand::use(b),
                                           Operand::def(fresh(3)), Operand::def(fresh(0))});
    inst.clobbers = inst.clobbers.with(int_reg(1)).with(int_reg(2)).with(PReg::vector(0));
  }
  void with_temporary() {
    const VReg a = some(0);
    const VReg b = some(0);
    builder_.inst(26, {Operand::use(a), Operand::use_late(b), Operand::temp(hidden(0)),
                       Operand::def(fresh(0))});
  }
  void swap_fixed() {
    const VReg a = some(0);
    const VReg b = random_.chance(20) ? a : some(0);
    builder_.inst(27, {Operand::use_fixed(a, int_reg(1)), Operand::use_fixed(b, int_reg(0)),
                       Operand::def_tied(fresh(0), 0), Operand::def_fixed(fresh(0), int_reg(0))});
  }
  void poll() { builder_.inst(28, std::initializer_list<Operand>{}).is_safepoint = true; }
  void any_def() {
    const uint32_t kind = some_kind();
    const VReg a = some(kind);
    Operand def = Operand::def(fresh(kind));
    def.constraint = Operand::Constraint::Any;
    builder_.inst(29, {Operand::use(a), def});
  }

  void end_function() {
    builder_.end(12, {Operand::use_fixed(some(0), int_reg(0)),
                      Operand::use_fixed(some(3), PReg::vector(0))});
  }

  Random random_;
  const RegisterFile& registers_;
  const RandomShape& shape_;
  MachineBuilder builder_;
  std::array<std::vector<VReg>, kKinds> values_;
  std::vector<std::pair<Label*, const std::vector<uint32_t>*>> exits_;
  uint32_t budget_ = 0;
  uint32_t loops_ = 0;
  bool cold_ = false;
};

}  // namespace

RegisterFile test_registers(uint32_t per_class) {
  RegisterFile file;
  for (uint32_t i = 0; i + 1 < per_class; ++i) {
    file.allocatable[0].push_back(PReg::integer(i));
    file.allocatable[1].push_back(PReg::vector(i));
  }
  file.scratch[0] = PReg::integer(per_class - 1);
  file.scratch[1] = PReg::vector(per_class - 1);
  return file;
}

MachineFunction random_function(uint64_t seed, const RegisterFile& registers,
                                const RandomShape& shape) {
  return Generator(seed, registers, shape).run();
}

}  // namespace brink::compile::regalloc
