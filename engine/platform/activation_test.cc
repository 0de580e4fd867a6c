// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/activation.h"

#include <unwind.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "engine/platform/child_process_for_test.h"

namespace brink::platform {
namespace {

uintptr_t weigh(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e, uintptr_t f) {
  return a + 10 * b + 100 * c + 1000 * d + 10000 * e + 100000 * f;
}

TEST_CASE("a guest function gets its arguments and returns its value", "[activation]") {
  Activation activation;
  CHECK(current_activation() == nullptr);
  CHECK(enter_guest(activation, weigh, 1, 2, 3, 4, 5, 6) == 654321);
  CHECK(activation.trap == TrapCode::None);
  CHECK(current_activation() == nullptr);
  CHECK(enter_guest(activation, as_guest_function(+[]() -> uintptr_t { return ~uintptr_t{0}; })) ==
        ~uintptr_t{0});
}

// Through a pointer, so that the compiler does not know that it never returns.
void (*volatile leave)(TrapCode) = leave_guest;

// Recurses and leaves from the bottom; what is on the way never goes on.
[[gnu::noinline]] uintptr_t leave_deep(uintptr_t depth, uintptr_t* after) {
  if (depth == 0) leave(TrapCode::Unreachable);
  volatile char frame[64] = {};
  if (depth != 0) leave_deep(depth - 1, after);
  *after += 1;
  return frame[0];
}

TEST_CASE("leaving skips everything in between", "[activation]") {
  for (const uintptr_t depth : {0, 1, 1000}) {
    Activation activation;
    uintptr_t after = 0;
    CHECK(enter_guest(activation, as_guest_function(leave_deep), depth,
                      reinterpret_cast<uintptr_t>(&after)) == 0);
    CHECK(activation.trap == TrapCode::Unreachable);
    CHECK(activation.fault_address == 0);
    CHECK(after == 0);
    CHECK(current_activation() == nullptr);
    // The same activation may be entered again.
    CHECK(enter_guest(activation, weigh, 7) == 7);
    CHECK(activation.trap == TrapCode::None);
  }
}

struct Nest {
  int depth;
  int levels_left = 0;
  Activation* seen[8] = {};
};

// Guest calls host, host enters guest: the innermost traps, the others return.
uintptr_t nested(Nest* nest, uintptr_t level) {
  nest->seen[level] = current_activation();
  if (level == static_cast<uintptr_t>(nest->depth)) leave_guest(TrapCode::IntegerOverflow);
  Activation inner;
  const uintptr_t result =
      enter_guest(inner, as_guest_function(nested), reinterpret_cast<uintptr_t>(nest), level + 1);
  if (inner.trap != TrapCode::None) ++nest->levels_left;
  if (nest->seen[level + 1] != &inner || inner.previous != nest->seen[level]) return 1000;
  if (current_activation() != nest->seen[level]) return 2000;
  return result + 1;
}

TEST_CASE("activations nest", "[activation]") {
  Nest nest{.depth = 5};
  Activation outer;
  CHECK(enter_guest(outer, as_guest_function(nested), reinterpret_cast<uintptr_t>(&nest), 0) == 5);
  CHECK(outer.trap == TrapCode::None);
  CHECK(nest.seen[0] == &outer);
  CHECK(nest.levels_left == 1);
}

// Fills every register that a function must preserve, and leaves.
[[gnu::noinline]] uintptr_t spoil_registers_and_leave() {
#if defined(__x86_64__)
  asm volatile(
      "movq $-1, %%rbx\n movq $-1, %%r12\n movq $-1, %%r13\n movq $-1, %%r14\n movq $-1, %%r15\n"
      :
      :
      : "rbx", "r12", "r13", "r14", "r15");
#elif defined(__aarch64__)
  asm volatile(
      "mov x19, #-1\n mov x20, #-1\n mov x21, #-1\n mov x22, #-1\n mov x23, #-1\n mov x24, #-1\n"
      "mov x25, #-1\n mov x26, #-1\n mov x27, #-1\n mov x28, #-1\n"
      "fmov d8, #1.0\n fmov d9, #1.0\n fmov d10, #1.0\n fmov d11, #1.0\n"
      "fmov d12, #1.0\n fmov d13, #1.0\n fmov d14, #1.0\n fmov d15, #1.0\n"
      :
      :
      : "x19", "x20", "x21", "x22", "x23", "x24", "x25", "x26", "x27", "x28", "d8", "d9", "d10",
        "d11", "d12", "d13", "d14", "d15");
#endif
  leave_guest(TrapCode::Unreachable);
}

TEST_CASE("the host's registers survive a guest that leaves", "[activation]") {
  // More live values than there are registers that a call destroys.
  uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8;
  double x = 1.5, y = 2.5, z = 3.5;
  for (int i = 0; i < 3; ++i) {
    asm volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f), "+r"(g), "+r"(h));
#if defined(__x86_64__)
    asm volatile("" : "+x"(x), "+x"(y), "+x"(z));
#elif defined(__aarch64__)
    asm volatile("" : "+w"(x), "+w"(y), "+w"(z));
#endif
    Activation activation;
    enter_guest(activation, as_guest_function(spoil_registers_and_leave));
    a += 1, b += 1, c += 1, d += 1, e += 1, f += 1, g += 1, h += 1;
    x += 1, y += 1, z += 1;
  }
  CHECK(std::vector<uint64_t>{a, b, c, d, e, f, g, h} ==
        std::vector<uint64_t>{4, 5, 6, 7, 8, 9, 10, 11});
  CHECK(std::vector<double>{x, y, z} == std::vector<double>{4.5, 5.5, 6.5});
}

uintptr_t stack_alignment() {
  alignas(16) volatile char here[16] = {};
  return (reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) |
          reinterpret_cast<uintptr_t>(&here)) &
         15;
}

TEST_CASE("guest code starts with an aligned stack", "[activation]") {
  Activation activation;
  CHECK(enter_guest(activation, as_guest_function(stack_alignment)) == 0);
}

struct Walk {
  std::vector<uintptr_t> starts;
};

uintptr_t walk_stack(Walk* walk) {
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void* data) {
        static_cast<Walk*>(data)->starts.push_back(_Unwind_GetRegionStart(context));
        return _URC_NO_REASON;
      },
      walk);
  return 0;
}

// The unwinder finds its way from guest code through enter_guest() up to the start of the thread.
TEST_CASE("backtraces go through an activation", "[activation]") {
  Walk direct;
  walk_stack(&direct);
  Walk through_guest;
  Activation activation;
  enter_guest(activation, as_guest_function(walk_stack),
              reinterpret_cast<uintptr_t>(&through_guest));
  // walk_stack, enter_guest's machine code, this function, and as many as there are above.
  REQUIRE(direct.starts.size() > 3);
  REQUIRE(through_guest.starts.size() > 3);
  CHECK(through_guest.starts.back() == direct.starts.back());
  CHECK(through_guest.starts[1] ==
        reinterpret_cast<uintptr_t>(&detail::brink_platform_enter_guest));
}

TEST_CASE("leaving without having entered is a bug", "[activation]") {
  const ChildEnd end = run_in_fork([]() -> int {
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, STDERR_FILENO);
    const rlimit no_core = {0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::signal(SIGABRT, SIG_DFL);
    leave_guest(TrapCode::Unreachable);
  });
  CHECK(end == killed_by(SIGABRT));
}

}  // namespace
}  // namespace brink::platform
