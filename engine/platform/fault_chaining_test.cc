// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The host's own faults and handlers beside ours. Each scenario runs in a fresh process, as a
// hidden test case, because what a process had installed before us is part of it; it ends with
// _exit(kPassed) when all was well, or dies of the signal it is meant to die of.

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdint>

#include "engine/platform/activation.h"
#include "engine/platform/child_process_for_test.h"
#include "engine/platform/fault_handler.h"
#include "engine/platform/guest_access.h"
#include "engine/platform/virtual_memory.h"

#if BRINK_GUEST_ACCESS_MAY_FAULT

namespace brink::platform {
namespace {

constexpr int kPassed = 42;

// Ends a scenario that went wrong; the line is in the exit code for whoever debugs it.
#define BRINK_EXPECT(condition) \
  if (!(condition)) ::_exit(100 + __LINE__ % 100)

// ---- The host ----------------------------------------------------------------------------------

sigjmp_buf host_recovery;
volatile int host_calls = 0;
void* volatile host_address = nullptr;
sigset_t host_mask;

// What a host with faults of its own does: notes the fault and goes on elsewhere.
void recover(int, siginfo_t* info, void*) {
  host_calls = host_calls + 1;
  host_address = info->si_addr;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &host_mask);
  ::siglongjmp(host_recovery, 1);
}
void recover_without_info(int) {
  host_calls = host_calls + 1;
  ::siglongjmp(host_recovery, 1);
}

void set_handler(int signal, void (*handler)(int, siginfo_t*, void*), int flags = 0) {
  struct sigaction action{};
  action.sa_sigaction = handler;
  action.sa_flags = SA_SIGINFO | flags;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}
void set_handler(int signal, void (*handler)(int), int flags = 0) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = flags;
  ::sigemptyset(&action.sa_mask);
  ::sigaction(signal, &action, nullptr);
}

uint8_t* no_access() {
  return static_cast<uint8_t*>(
      ::mmap(nullptr, page_size(), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}
__attribute__((no_sanitize("address", "undefined"))) void touch(volatile uint8_t* address) {
  *address = 1;
}
// True if the host's handler got the fault of touching the address, and recovered.
bool host_recovers_from(uint8_t* address) {
  const int calls_before = host_calls;
  host_address = nullptr;
  if (::sigsetjmp(host_recovery, 1) == 0) {
    touch(address);
    return false;
  }
  return host_calls == calls_before + 1;
}

// ---- The guest ---------------------------------------------------------------------------------

uintptr_t load_byte(const void* pc, const void* fp, const uint8_t* base, uint64_t index) {
  return load_u8(base, index, pc, fp);
}

struct Guest {
  Guest() {
    BRINK_EXPECT(install_fault_handler().has_value());
    range = *register_guest_memory(memory.base(), memory.size());
  }
  bool traps() {
    Activation activation;
    enter_guest(activation, as_guest_function(load_byte), 1, 2,
                reinterpret_cast<uintptr_t>(memory.base()), 3);
    return activation.trap == TrapCode::MemoryOutOfBounds && activation.fault_arguments[1] == 2;
  }
  Reservation memory = *Reservation::reserve(page_size());
  FaultRange range;
};

// ---- The host had no handler -------------------------------------------------------------------

TEST_CASE("scenario: default action and fault", "[.scenario]") {
  ::signal(SIGSEGV, SIG_DFL);
  Guest guest;
  BRINK_EXPECT(guest.traps());
  touch(no_access());
  ::_exit(99);
}

TEST_CASE("scenario: default action and bus error", "[.scenario]") {
  ::signal(SIGBUS, SIG_DFL);
  Guest guest;
  const int file = ::memfd_create("test", MFD_CLOEXEC);
  void* page = ::mmap(nullptr, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  touch(static_cast<uint8_t*>(page));
  ::_exit(99);
}

TEST_CASE("scenario: default action and sent", "[.scenario]") {
  ::signal(SIGSEGV, SIG_DFL);
  Guest guest;
  ::kill(::getpid(), SIGSEGV);
  ::pause();
  ::_exit(99);
}

TEST_CASE("scenario: ignored and fault", "[.scenario]") {
  ::signal(SIGSEGV, SIG_IGN);
  Guest guest;
  BRINK_EXPECT(guest.traps());
  touch(no_access());
  ::_exit(99);
}

TEST_CASE("scenario: ignored and sent", "[.scenario]") {
  ::signal(SIGSEGV, SIG_IGN);
  Guest guest;
  ::raise(SIGSEGV);
  BRINK_EXPECT(guest.traps());
  ::_exit(kPassed);
}

TEST_CASE("a host without a handler dies as before", "[fault_handler]") {
  CHECK(run_hidden_test("scenario: default action and fault") == killed_by(SIGSEGV));
  CHECK(run_hidden_test("scenario: default action and bus error") == killed_by(SIGBUS));
  CHECK(run_hidden_test("scenario: default action and sent") == killed_by(SIGSEGV));
  CHECK(run_hidden_test("scenario: ignored and fault") == killed_by(SIGSEGV));
  CHECK(run_hidden_test("scenario: ignored and sent") == exited(kPassed));
}

// ---- The host had a handler --------------------------------------------------------------------

TEST_CASE("scenario: handler before", "[.scenario]") {
  set_handler(SIGSEGV, recover);
  Guest guest;
  uint8_t* const mine = no_access();
  for (int i = 0; i < 10; ++i) {
    BRINK_EXPECT(guest.traps());
    BRINK_EXPECT(host_recovers_from(mine));
    BRINK_EXPECT(host_address == mine);
    BRINK_EXPECT(::sigismember(&host_mask, SIGSEGV) == 1);
  }
  ::_exit(kPassed);
}

TEST_CASE("scenario: plain handler before", "[.scenario]") {
  set_handler(SIGSEGV, recover_without_info);
  Guest guest;
  BRINK_EXPECT(host_recovers_from(no_access()));
  BRINK_EXPECT(guest.traps());
  BRINK_EXPECT(host_recovers_from(no_access()));
  ::_exit(kPassed);
}

TEST_CASE("scenario: masks", "[.scenario]") {
  struct sigaction action{};
  action.sa_sigaction = recover;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  ::sigemptyset(&action.sa_mask);
  ::sigaddset(&action.sa_mask, SIGUSR1);
  ::sigaction(SIGSEGV, &action, nullptr);
  Guest guest;
  BRINK_EXPECT(host_recovers_from(no_access()));
  BRINK_EXPECT(::sigismember(&host_mask, SIGSEGV) == 0);
  BRINK_EXPECT(::sigismember(&host_mask, SIGUSR1) == 1);
  BRINK_EXPECT(::sigismember(&host_mask, SIGUSR2) == 0);
  ::_exit(kPassed);
}

TEST_CASE("scenario: one-shot handler", "[.scenario]") {
  set_handler(SIGSEGV, recover_without_info, static_cast<int>(SA_RESETHAND));
  Guest guest;
  BRINK_EXPECT(guest.traps());
  BRINK_EXPECT(host_recovers_from(no_access()));
  BRINK_EXPECT(guest.traps());
  touch(no_access());
  ::_exit(99);
}

// A host that maps pages when they are touched: its handler returns and the access succeeds.
void map_page(int, siginfo_t* info, void*) {
  host_calls = host_calls + 1;
  const uintptr_t page = reinterpret_cast<uintptr_t>(info->si_addr) & ~(page_size() - 1);
  ::mprotect(reinterpret_cast<void*>(page), page_size(), PROT_READ | PROT_WRITE);
}

TEST_CASE("scenario: repairing handler", "[.scenario]") {
  set_handler(SIGSEGV, map_page);
  Guest guest;
  uint8_t* const mine = no_access();
  touch(mine + 17);
  BRINK_EXPECT(host_calls == 1 && mine[17] == 1);
  BRINK_EXPECT(guest.traps());
  BRINK_EXPECT(host_calls == 1);
  ::_exit(kPassed);
}

TEST_CASE("a handler from before us gets the host's faults", "[fault_handler]") {
  CHECK(run_hidden_test("scenario: handler before") == exited(kPassed));
  CHECK(run_hidden_test("scenario: plain handler before") == exited(kPassed));
#ifndef BRINK_TEST_UNDER_TSAN
  CHECK(run_hidden_test("scenario: masks") == exited(kPassed));
#endif
  CHECK(run_hidden_test("scenario: one-shot handler") == killed_by(SIGSEGV));
  CHECK(run_hidden_test("scenario: repairing handler") == exited(kPassed));
}

// ---- The host sets a handler later -------------------------------------------------------------

struct sigaction found_by_host;
uint8_t* volatile own_page = nullptr;

void recover_own_or_chain(int signal, siginfo_t* info, void* context) {
  if (info->si_addr == own_page) recover(signal, info, context);
  found_by_host.sa_sigaction(signal, info, context);
}

TEST_CASE("scenario: handler after", "[.scenario]") {
  ::signal(SIGSEGV, SIG_DFL);
  Guest guest;
  own_page = no_access();
  ::sigaction(SIGSEGV, nullptr, &found_by_host);
  set_handler(SIGSEGV, recover_own_or_chain, SA_ONSTACK);
  for (int i = 0; i < 10; ++i) {
    BRINK_EXPECT(guest.traps());
    BRINK_EXPECT(host_recovers_from(own_page));
    // Does not go in front of a handler that may be calling ours.
    BRINK_EXPECT(install_fault_handler().has_value());
  }
  touch(no_access());  // nobody's
  ::_exit(99);
}

TEST_CASE("scenario: handlers put back", "[.scenario]") {
  set_handler(SIGSEGV, recover);
  struct sigaction before;
  ::sigaction(SIGSEGV, nullptr, &before);
  Guest guest;
  BRINK_EXPECT(guest.traps());
  ::sigaction(SIGSEGV, &before, nullptr);
  BRINK_EXPECT(install_fault_handler().has_value());
  BRINK_EXPECT(guest.traps());
  BRINK_EXPECT(host_recovers_from(no_access()));
  ::_exit(kPassed);
}

TEST_CASE("a handler from after us works with ours", "[fault_handler]") {
  CHECK(run_hidden_test("scenario: handler after") == killed_by(SIGSEGV));
  CHECK(run_hidden_test("scenario: handlers put back") == exited(kPassed));
}

// ---- Faults that look like a guest's -----------------------------------------------------------

// Host code, called from a guest, that runs into the guest's guard: a bug of the host's.
uintptr_t host_touches(uint8_t* address) {
  return host_recovers_from(address) ? 1 : 0;
}

TEST_CASE("scenario: host in guest memory", "[.scenario]") {
  set_handler(SIGSEGV, recover);
  Guest guest;
  Activation activation;
  BRINK_EXPECT(enter_guest(activation, as_guest_function(host_touches),
                           reinterpret_cast<uintptr_t>(guest.memory.base())) == 1);
  BRINK_EXPECT(activation.trap == TrapCode::None && host_calls == 1);
  ::_exit(kPassed);
}

uintptr_t guest_loads_elsewhere(const void* pc, const void* fp, uint8_t* address) {
  if (::sigsetjmp(host_recovery, 1) != 0) return 1;
  return load_u8(address, 0, pc, fp) + 2;
}

TEST_CASE("scenario: guest outside of its memory", "[.scenario]") {
  set_handler(SIGSEGV, recover);
  Guest guest;
  uint8_t* const strange = no_access();
  Activation activation;
  BRINK_EXPECT(enter_guest(activation, as_guest_function(guest_loads_elsewhere), 0, 0,
                           reinterpret_cast<uintptr_t>(strange)) == 1);
  BRINK_EXPECT(host_address == strange && activation.trap == TrapCode::None);
  // The same access in a range that is no guest's any more.
  guest.range.release();
  BRINK_EXPECT(enter_guest(activation, as_guest_function(guest_loads_elsewhere), 0, 0,
                           reinterpret_cast<uintptr_t>(guest.memory.base())) == 1);
  BRINK_EXPECT(host_calls == 2);
  ::_exit(kPassed);
}

TEST_CASE("scenario: guest access outside of guest code", "[.scenario]") {
  set_handler(SIGSEGV, recover);
  Guest guest;
  BRINK_EXPECT(guest_loads_elsewhere(nullptr, nullptr, guest.memory.base()) == 1);
  BRINK_EXPECT(host_calls == 1);
  ::_exit(kPassed);
}

uintptr_t guest_sends(const void*) {
  if (::sigsetjmp(host_recovery, 1) != 0) return 1;
  ::raise(SIGSEGV);
  return 2;
}

TEST_CASE("scenario: signal sent to a guest", "[.scenario]") {
  set_handler(SIGSEGV, recover);
  Guest guest;
  Activation activation;
  BRINK_EXPECT(enter_guest(activation, as_guest_function(guest_sends)) == 1);
  BRINK_EXPECT(activation.trap == TrapCode::None && host_calls == 1);
  ::_exit(kPassed);
}

TEST_CASE("only a guest's instruction in a guest's memory is a guest's fault", "[fault_handler]") {
  CHECK(run_hidden_test("scenario: host in guest memory") == exited(kPassed));
  CHECK(run_hidden_test("scenario: guest outside of its memory") == exited(kPassed));
  CHECK(run_hidden_test("scenario: guest access outside of guest code") == exited(kPassed));
  CHECK(run_hidden_test("scenario: signal sent to a guest") == exited(kPassed));
}

}  // namespace
}  // namespace brink::platform

#endif  // BRINK_GUEST_ACCESS_MAY_FAULT
