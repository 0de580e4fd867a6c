// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What a guest's faults become, on one thread and on many. What the host's faults become is in
// fault_chaining_test.cc.

#include "engine/platform/fault_handler.h"

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdint>
#include <thread>
#include <utility>
#include <vector>

#include "engine/platform/activation.h"
#include "engine/platform/executable_memory.h"
#include "engine/platform/guest_access.h"
#include "engine/platform/signal_stack.h"
#include "engine/platform/virtual_memory.h"

#if BRINK_GUEST_ACCESS_MAY_FAULT

namespace brink::platform {
namespace {

// Why: frames that never return would fill the thread sanitizer's own call stack.
__attribute__((no_sanitize("thread"))) uintptr_t load_byte(const void* pc, const void* fp,
                                                           const uint8_t* base, uint64_t index) {
  return load_u8(base, index, pc, fp);
}

uintptr_t run_load(Activation& activation, const Reservation& memory, uint64_t index,
                   uintptr_t pc = 0, uintptr_t fp = 0) {
  return enter_guest(activation, as_guest_function(load_byte), pc, fp,
                     reinterpret_cast<uintptr_t>(memory.base()), index);
}

TEST_CASE("each memory's faults are its own traps", "[fault_handler]") {
  REQUIRE(install_fault_handler());
  const Reservation memory = *Reservation::reserve(size_t{8} << 30);
  const Reservation heap = *Reservation::reserve(page_size());
  const FaultRange memory_range = *register_guest_memory(memory.base(), memory.size());
  FaultRange heap_range = *register_guest_memory(heap.base(), heap.size(), TrapCode::NullReference);
  Activation activation;
  for (const uint64_t index : {uint64_t{0}, uint64_t{1} << 32, memory.size() - 1}) {
    run_load(activation, memory, index, 1, 2);
    CHECK(activation.trap == TrapCode::MemoryOutOfBounds);
    CHECK(activation.fault_address == reinterpret_cast<uintptr_t>(memory.base()) + index);
    CHECK(activation.fault_arguments[0] == 1);
    CHECK(activation.fault_arguments[1] == 2);
    CHECK(activation.fault_pc != 0);
  }
  run_load(activation, heap, 5);
  CHECK(activation.trap == TrapCode::NullReference);
  heap_range.release();
  CHECK_FALSE(heap_range.is_registered());
  heap_range = *register_guest_memory(heap.base(), heap.size(), TrapCode::CastFailure);
  run_load(activation, heap, 5);
  CHECK(activation.trap == TrapCode::CastFailure);
}

TEST_CASE("ranges that are none are errors", "[fault_handler]") {
  int object = 0;
  for (const size_t bytes : {size_t{0}, ~size_t{0}}) {
    const Result<FaultRange> range = register_guest_memory(&object, bytes);
    REQUIRE_FALSE(range);
    CHECK(range.error().kind() == ErrorKind::Usage);
  }
}

TEST_CASE("a guest's fault changes neither errno nor the signal mask", "[fault_handler]") {
  REQUIRE(install_fault_handler());
  const Reservation memory = *Reservation::reserve(page_size());
  const FaultRange range = *register_guest_memory(memory.base(), memory.size());
  Activation activation;
  errno = 4711;
  run_load(activation, memory, 0);
  CHECK(errno == 4711);
  sigset_t mask;
  REQUIRE(::pthread_sigmask(SIG_SETMASK, nullptr, &mask) == 0);
  CHECK(::sigismember(&mask, SIGSEGV) == 0);
}

// A runtime call in the middle of guest code, which enters guest code of its own.
uintptr_t load_nested(const void* pc, const void* fp, const Reservation* memory, uint64_t index) {
  Activation inner;
  run_load(inner, *memory, index, 3, 4);
  if (inner.trap != TrapCode::MemoryOutOfBounds || inner.fault_arguments[0] != 3) return 0;
  return load_u8(memory->base(), index + 1, pc, fp);
}

TEST_CASE("a fault leaves the innermost activation alone", "[fault_handler]") {
  REQUIRE(install_fault_handler());
  const Reservation memory = *Reservation::reserve(page_size());
  const FaultRange range = *register_guest_memory(memory.base(), memory.size());
  Activation outer;
  enter_guest(outer, as_guest_function(load_nested), 1, 2, reinterpret_cast<uintptr_t>(&memory),
              10);
  CHECK(outer.trap == TrapCode::MemoryOutOfBounds);
  CHECK(outer.fault_address == reinterpret_cast<uintptr_t>(memory.base()) + 11);
  CHECK(outer.fault_arguments[0] == 1);
  CHECK(outer.fault_arguments[1] == 2);
}

TEST_CASE("generated code faults like an interpreter", "[fault_handler]") {
  REQUIRE(install_fault_handler());
#if defined(__x86_64__)
  const uint8_t code[] = {0x8A, 0x04, 0x0A, 0xC3};  // mov al, [rdx + rcx]; ret
#else
  const uint8_t code[] = {0x40, 0x68, 0x63, 0x38, 0xC0, 0x03, 0x5F, 0xD6};  // ldrb w0, [x2, x3]
#endif
  CodeMemory function = *CodeMemory::allocate(sizeof code);
  std::copy(std::begin(code), std::end(code), function.writable().begin());
  REQUIRE(function.seal(sizeof code));
  const FaultRange code_range = *register_guest_code(function.base(), function.size());
  const Reservation memory = *Reservation::reserve(page_size());
  const FaultRange range = *register_guest_memory(memory.base(), memory.size());
  Activation activation;
  enter_guest(activation, reinterpret_cast<GuestFunction>(const_cast<uint8_t*>(function.base())), 8,
              9, reinterpret_cast<uintptr_t>(memory.base()), 100);
  CHECK(activation.trap == TrapCode::MemoryOutOfBounds);
  CHECK(activation.fault_pc == reinterpret_cast<uintptr_t>(function.base()));
  CHECK(activation.fault_arguments[0] == 8);
  CHECK(activation.fault_arguments[1] == 9);
}

TEST_CASE("a file that was cut short under its mapping is a trap too", "[fault_handler]") {
  REQUIRE(install_fault_handler());
  const int file = ::memfd_create("test", MFD_CLOEXEC);
  REQUIRE(file >= 0);
  void* mapping = ::mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  REQUIRE(mapping != MAP_FAILED);
  const FaultRange range = *register_guest_memory(mapping, page_size());
  Activation activation;
  enter_guest(activation, as_guest_function(load_byte), 1, 2, reinterpret_cast<uintptr_t>(mapping),
              7);
  CHECK(activation.trap == TrapCode::MemoryOutOfBounds);
  CHECK(activation.fault_address == reinterpret_cast<uintptr_t>(mapping) + 7);
  ::munmap(mapping, page_size());
  ::close(file);
}

TEST_CASE("faults on an alternate signal stack", "[fault_handler]") {
  std::thread([] {
    REQUIRE(install_fault_handler());
    REQUIRE(ensure_signal_stack());
    REQUIRE(ensure_signal_stack());
    const Reservation memory = *Reservation::reserve(page_size());
    const FaultRange range = *register_guest_memory(memory.base(), memory.size());
    for (int i = 0; i < 100; ++i) {
      Activation activation;
      run_load(activation, memory, 1, 5, 6);
      CHECK(activation.trap == TrapCode::MemoryOutOfBounds);
      CHECK(activation.fault_arguments[1] == 6);
    }
    stack_t stack;
    REQUIRE(::sigaltstack(nullptr, &stack) == 0);
    CHECK((stack.ss_flags & SS_DISABLE) == 0);
  }).join();
}

TEST_CASE("many threads fault while memories come and go", "[fault_handler]") {
  REQUIRE(install_fault_handler());
  constexpr int kFaulting = 4;
  constexpr int kRounds = 3000;
  std::atomic<int> wrong{0};
  std::atomic<int> running{kFaulting};
  std::vector<std::thread> threads;
  for (int t = 0; t < kFaulting; ++t) {
    threads.emplace_back([&, t] {
      const Reservation memory = *Reservation::reserve(size_t{8} << 30);
      const FaultRange range = *register_guest_memory(memory.base(), memory.size());
      for (int i = 0; i < kRounds; ++i) {
        Activation activation;
        const uint64_t index = static_cast<uint64_t>(i) << 20;
        run_load(activation, memory, index, t + 1, i);
        if (activation.trap != TrapCode::MemoryOutOfBounds ||
            activation.fault_address != reinterpret_cast<uintptr_t>(memory.base()) + index ||
            activation.fault_arguments[0] != static_cast<uintptr_t>(t + 1) ||
            activation.fault_arguments[1] != static_cast<uintptr_t>(i)) {
          ++wrong;
        }
      }
      --running;
    });
  }
  threads.emplace_back([&] {
    std::vector<std::pair<Reservation, FaultRange>> memories;
    for (size_t i = 0; running.load() > 0; ++i) {
      Reservation memory = *Reservation::reserve(i % 2 == 0 ? size_t{6} << 30 : size_t{1} << 20);
      FaultRange range = *register_guest_memory(memory.base(), memory.size());
      memories.emplace_back(std::move(memory), std::move(range));
      if (memories.size() == 64) {
        // Registrations go before the addresses do.
        for (auto& [reservation, registration] : memories) registration.release();
        memories.clear();
      }
    }
    for (auto& [reservation, registration] : memories) registration.release();
  });
  for (std::thread& thread : threads) thread.join();
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace brink::platform

#endif  // BRINK_GUEST_ACCESS_MAY_FAULT
