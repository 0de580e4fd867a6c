// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Encodes one function. In memory, from low to high:
//
//     prologue | blocks | cold blocks | slow paths, traps | jump tables | constants
//
// Blocks that do nothing but jump are left out, their predecessors go where they would. Slow paths
// are noted while the fast ones are encoded, and written behind all of them; traps with the same
// code and position share theirs.
//
// Scratch registers (r11, xmm15) are free within every instruction, and for moves.

#ifndef BRINK_COMPILE_X64_EMITTER_H_
#define BRINK_COMPILE_X64_EMITTER_H_

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/compile/code_object.h"
#include "engine/compile/data_area.h"
#include "engine/compile/x64/encoder.h"
#include "engine/compile/x64/machine_code.h"

namespace brink::compile::x64 {

/// A bug of ours if it is ever called: the encoder was asked for something that does not exist.
class EncoderErrors : public asmjit::ErrorHandler {
 public:
  void handleError(asmjit::Error error, const char* message, asmjit::BaseEmitter* origin) override;
};

class Emitter {
 public:
  using Gp = asmjit::x86::Gp;
  using Xmm = asmjit::x86::Xmm;
  using Mem = asmjit::x86::Mem;
  using Label = asmjit::Label;

  /// An instruction with the places of its operands.
  struct Placed {
    const MachineInst& inst;
    uint32_t index;  ///< in MachineFunction::insts
    /// In the order of the instruction; those of an address come first.
    Location operands[16];
    uint8_t use_at[16];  ///< places of the uses behind the address
    uint8_t def_at[16];
    uint8_t use_count = 0;
    uint8_t def_count = 0;
    bool has_address = false;

    PReg use(uint32_t i) const { return operands[use_at[i]].reg; }
    PReg def(uint32_t i) const { return operands[def_at[i]].reg; }
  };

  /// `short_jumps`: by number of the jump, those that reach their target with one byte. `previous`:
  /// has encoded the same without them, so that all but jumps can be copied; may be null.
  Emitter(const ir::Function& function, const LoweredFunction& lowered,
          const Allocation& allocation, const std::vector<bool>& short_jumps,
          const Emitter* previous, std::string* assembly);
  CodeObject run();
  /// After run(): which jumps would have reached their target with one byte. They can be short when
  /// the function is encoded again, because distances only shrink.
  std::vector<bool> possible_short_jumps() const;

 private:
  /// Consecutive instructions of a block, with the moves between them, that mean the same wherever
  /// they are.
  struct Run {
    uint32_t first_inst = 0;
    uint32_t inst_end = 0;
    uint32_t start = 0;  ///< code offsets
    uint32_t end = 0;
    uint32_t first_site = 0;
    uint32_t site_end = 0;  ///< in run_sites_
  };
  /// What an instruction has added besides bytes.
  struct Marks {
    uint32_t offset = 0;
    uint32_t sites = 0;
    uint32_t labels = 0;
    size_t others = 0;
  };
  struct SlowPath {
    Label label;
    std::function<void()> emit;
  };

  // emitter.cc
  void plan_blocks();
  bool is_empty(uint32_t block) const;
  void emit_prologue();
  void emit_block(uint32_t block);
  void emit_inst(uint32_t index);
  Marks marks() const;
  void note_run(uint32_t index, const Marks& before);
  void copy_run(const Run& run);
  void emit_slow_paths();
  void emit_constants();
  void finish();

  // emit_inst.cc
  Placed place(uint32_t index) const;
  void emit_encoded(const Placed& placed);
  asmjit::Operand reg_operand(PReg reg, uint8_t bytes) const;
  asmjit::Operand use_operand(const Placed& placed, uint32_t use, uint8_t bytes) const;
  Mem memory(const Placed& placed, uint32_t bytes);
  void emit_move_between(const AllocatedMove& move);
  Mem slot(uint32_t offset, uint8_t bytes) const;
  bool are_flags_needed(uint32_t index) const;
  void note_flags(const Placed& placed);
  bool is_known_test(const Placed& placed) const;

  // A member function for each pseudo instruction, in emit_control.cc, emit_call.cc, emit_float.cc
  // ...
#define BRINK_PSEUDO(id, function) void emit_##function(const Placed& placed);
#include "engine/compile/x64/pseudos.def"
  void emit_pseudo(const Placed& placed);

  // Jumps.
  Label block_label(uint32_t block) const { return labels_[thread_[block]]; }
  bool falls_into(uint32_t block) const { return thread_[block] == next_; }
  void jump_to(uint32_t block);
  void jump_if(Cond cond, const Label& label);
  void look_up_if(Cond cond, ir::PositionId position);
  /// A jump of any kind, numbered.
  void emit_jump_to(uint32_t code, const Label& label);
  /// Notes what is written behind the function, and gives its label.
  Label slow_path(std::function<void()> emit);
  Label trap_label(TrapCode code, ir::PositionId position);
  void emit_trap_call(TrapCode code, ir::PositionId position);

  // Tables.
  void add_site(uint32_t offset, ir::PositionId position);
  /// What has to be noted at the return address of a call, which is here.
  void note_return(const Placed& placed);
  /// A slot of the data area as a memory operand; to be followed by note_relocation.
  Mem data_area() const;
  void note_relocation(RelocationKind kind, uint32_t index);
  void explain_slot(RelocationKind kind, uint32_t index);
  void call_data_area(RelocationKind kind, uint32_t index);
  void jump_data_area(RelocationKind kind, uint32_t index);
  Label constant(V128 bits, uint8_t bytes);
  Mem constant64(uint64_t bits, uint8_t bytes = 8) {
    return asmjit::x86::ptr(constant(V128{{bits, 0}}, bytes), 0, bytes);
  }

  /// A vector instruction in the encoding of this function: d = d op b.
  void vector_op(uint32_t sse, uint32_t vex, const Xmm& d, const asmjit::Operand& b);
  /// ucomis of floats of this width.
  void compare_floats(uint8_t width, const Xmm& a, const asmjit::Operand& b);
  void truncate_to(const Gp& d, const Xmm& from, uint8_t float_bytes);
  void truncation_failed(const Placed& placed, const Label& done);

  Gp gp(PReg reg, uint8_t bytes) const;
  Xmm xmm(PReg reg) const { return Xmm(reg.index()); }
  uint32_t here() const { return static_cast<uint32_t>(a_.offset()); }

  const ir::Function& function_;
  const LoweredFunction& lowered_;
  const MachineFunction& machine_;
  const Allocation& allocation_;
  std::string* assembly_;
  std::string comment_;  ///< in it, of the instruction to come

  EncoderErrors errors_;
  asmjit::StringLogger logger_;
  asmjit::CodeHolder code_;
  asmjit::x86::Assembler a_;

  struct JumpSite {
    uint32_t end;
    Label target;
  };
  const std::vector<bool>& short_jumps_;
  std::vector<JumpSite> jumps_;

  const Emitter* previous_;
  std::vector<Run> runs_;            ///< in the order of the code
  std::vector<CodeSite> run_sites_;  ///< of their instructions
  bool is_run_open_ = false;
  size_t next_run_ = 0;      ///< in those of previous_
  uint32_t label_uses_ = 0;  ///< of labels of constants
  size_t next_move_ = 0;     ///< in the allocation: the first at or behind the next instruction

  CodeObject object_;
  uint32_t frame_ = 0;            ///< what the prologue takes
  bool has_avx_ = false;          ///< the function's vector instructions are VEX
  std::vector<uint32_t> layout_;  ///< blocks as they are written
  std::vector<uint32_t> thread_;  ///< by block: where a jump to it ends up
  std::vector<Label> labels_;
  Label entry_;         ///< in front of the prologue
  uint32_t block_ = 0;  ///< the one that is written
  uint32_t next_ = 0;   ///< and which comes next
  /// The register whose value ZF and SF are about, in this width; none if nothing is known.
  PReg flags_reg_;
  uint8_t flags_width_ = 0;
  std::vector<SlowPath> slow_paths_;
  std::map<std::pair<TrapCode, ir::PositionId>, Label> traps_;
  std::vector<PoolConstant> constants_;
  std::vector<Label> constant_labels_;
  struct JumpTable {
    Label label;
    uint32_t index;  ///< in LoweredFunction::switches
    uint32_t block;
  };
  std::vector<JumpTable> tables_;
  std::vector<uint32_t> landing_blocks_;  ///< by CodeObject::landings
};

}  // namespace brink::compile::x64

#endif  // BRINK_COMPILE_X64_EMITTER_H_
