// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// How a handler goes on to the next one: by a tail call, so that the machine's state stays in
// registers and the native stack does not grow. clang guarantees it (musttail). gcc 12 does it for
// every handler at -O2, which is why CMake compiles the handlers with -O2 in every configuration;
// dispatch_test runs long enough to overflow any stack if one handler failed to.
//
// Rules for a handler: no object with a destructor, no address of a local escapes, and anything
// that calls a function which is not inlined is itself a cold handler reached by BRINK_GOTO.

#ifndef BRINK_INTERPRET_DISPATCH_H_
#define BRINK_INTERPRET_DISPATCH_H_

#include "engine/interpret/code.h"

#if defined(__clang__)
#define BRINK_MUSTTAIL [[clang::musttail]]
#elif defined(__GNUC__) && __GNUC__ >= 15
#define BRINK_MUSTTAIL [[gnu::musttail]]
#elif defined(__GNUC__)
#define BRINK_MUSTTAIL
#else
#error "the interpreter needs a compiler with tail calls: clang, or gcc 12 and newer"
#endif

// The handler at a place. That of a loop's header is exchanged while others run the code (see
// InterpreterCode::open_loop): an aligned word, so that a plain load gives one or the other on
// every processor. Only the thread sanitizer has to be told.
#if defined(__SANITIZE_THREAD__)
#define BRINK_HANDLER_AT(pc) __atomic_load_n(&(pc)->handler, __ATOMIC_ACQUIRE)
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BRINK_HANDLER_AT(pc) __atomic_load_n(&(pc)->handler, __ATOMIC_ACQUIRE)
#endif
#endif
#ifndef BRINK_HANDLER_AT
#define BRINK_HANDLER_AT(pc) ((pc)->handler)
#endif

/// Parameters and arguments of every handler.
#define BRINK_STATE                                                                              \
  [[maybe_unused]] const CodeWord *pc, [[maybe_unused]] Slot *fp, [[maybe_unused]] uint8_t *mem, \
      [[maybe_unused]] InstanceObject *inst, [[maybe_unused]] ExecContext *rt,                   \
      [[maybe_unused]] uint64_t acc, [[maybe_unused]] float facc, [[maybe_unused]] double dacc,  \
      [[maybe_unused]] VectorAcc vacc
#define BRINK_STATE_ARGS pc, fp, mem, inst, rt, acc, facc, dacc, vacc

/// Continues with a function of handler type.
#define BRINK_GOTO(function) BRINK_MUSTTAIL return function(BRINK_STATE_ARGS)

/// Continues with the instruction at `target`.
#define BRINK_DISPATCH(target)        \
  do {                                \
    pc = (target);                    \
    BRINK_GOTO(BRINK_HANDLER_AT(pc)); \
  } while (0)

/// Continues with the instruction `words` further on.
#define BRINK_NEXT(words) BRINK_DISPATCH(pc + (words))

/// Ends the guest with a trap at this instruction.
#define BRINK_RAISE(code)                       \
  do {                                          \
    acc = static_cast<uint64_t>(code);          \
    BRINK_GOTO(::brink::interpret::raise_trap); \
  } while (0)

namespace brink::interpret {

/// Records the trap whose code is in acc and ends the guest.
void raise_trap(BRINK_STATE);

/// Goes on where the exception in acc, thrown here, is caught, or ends the guest.
void unwind(BRINK_STATE);
/// The same for an exception thrown where this frame has already given way to its tail call.
void unwind_from_caller(BRINK_STATE);
/// The same for one that has left an inner entry, and whose landing is known.
void keep_unwinding(BRINK_STATE);

/// Why a guest has to stop now, if somebody wants it to; takes the poison from stack_limit.
TrapCode pending_interrupt(ExecContext* rt);

/// The same in a frame, which notes itself if it is asked to; `callee` if it is about to call.
TrapCode look_up(const CodeWord* pc, InstanceObject* inst, ExecContext* rt,
                 const CodeHeader* callee);

/// Taken at a loop's back edge when stack_limit is poisoned: traps, or goes on at pc.
void poll_interrupts(BRINK_STATE);

}  // namespace brink::interpret

#endif  // BRINK_INTERPRET_DISPATCH_H_
