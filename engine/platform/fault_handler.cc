// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/platform/fault_handler.h"

#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "engine/platform/activation.h"
#include "engine/platform/guest_access.h"
#include "engine/platform/machine_context.h"
#include "engine/platform/range_registry.h"
#include "engine/platform/system_error.h"
#include "engine/platform/write_tracker.h"

#if BRINK_GUEST_ACCESS_MAY_FAULT
// The linker's bounds of the section that guest_access.h collects its instructions in; null when
// nothing that was linked accesses guest memory.
extern "C" {
extern const int32_t __start_brink_fault_sites[] __attribute__((weak, visibility("hidden")));
extern const int32_t __stop_brink_fault_sites[] __attribute__((weak, visibility("hidden")));
}
#endif

namespace brink::platform {
namespace {

// Never destroyed: at exit other threads may still run guests, and static objects of the host may
// still own ranges.
union ImmortalRegistry {
  constexpr ImmortalRegistry() : value() {}
  ~ImmortalRegistry() {}
  RangeRegistry value;
};
constinit ImmortalRegistry immortal_memory;
constinit ImmortalRegistry immortal_code;
constexpr RangeRegistry& guest_memory = immortal_memory.value;
constexpr RangeRegistry& guest_code = immortal_code.value;

// ---- Fault sites -------------------------------------------------------------------------------

// Sorted addresses of all instructions of guest_access.h. Set before the handler is installed,
// never freed: a handler may be reading while the process exits.
constinit std::span<const uintptr_t> fault_sites;

void collect_fault_sites() {
#if BRINK_GUEST_ACCESS_MAY_FAULT
  auto* sites = new std::vector<uintptr_t>;
  // Each is written as the distance from itself.
  for (const int32_t* site = __start_brink_fault_sites; site != __stop_brink_fault_sites; ++site) {
    sites->push_back(reinterpret_cast<uintptr_t>(site) + static_cast<intptr_t>(*site));
  }
  std::sort(sites->begin(), sites->end());
  fault_sites = *sites;
#endif
}

bool may_fault(uintptr_t pc) {
  return std::binary_search(fault_sites.begin(), fault_sites.end(), pc) ||
         guest_code.find(pc).has_value();
}

// ---- The host's handlers -----------------------------------------------------------------------

// What was installed for a signal before us. Written before our handler can run.
struct HostHandler {
  int signal;
  struct sigaction action{};
  std::atomic<bool> used{false};  // an SA_RESETHAND handler that had its one call
  bool is_installed = false;      // the installers' own
};

constinit HostHandler host_handlers[] = {{SIGSEGV}, {SIGBUS}};

// True if the kernel raised the signal for an instruction of this thread, rather than somebody who
// called kill() or sigqueue().
bool is_raised_by_instruction(const siginfo_t& info) {
  return info.si_code > 0;
}

// Makes the process die of the signal, or whatever the host's SIG_DFL has become meanwhile.
void take_default_action(int signal, siginfo_t& info) {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  ::sigaction(signal, &action, nullptr);
  // A faulting instruction runs again after our return. A signal that was sent must be sent again;
  // it is blocked until our return.
  if (is_raised_by_instruction(info)) return;
#ifdef __linux__
  if (::syscall(SYS_rt_tgsigqueueinfo, ::getpid(), ::syscall(SYS_gettid), signal, &info) == 0) {
    return;
  }
#endif
  ::raise(signal);
}

// Sets the signal mask that the kernel would have given the host's handler. Our own return restores
// the interrupted code's mask, as the return of the host's handler would have done.
void apply_mask(int signal, const struct sigaction& action) {
  ::pthread_sigmask(SIG_BLOCK, &action.sa_mask, nullptr);
  if ((action.sa_flags & SA_NODEFER) == 0 || ::sigismember(&action.sa_mask, signal) == 1) return;
  sigset_t self;
  ::sigemptyset(&self);
  ::sigaddset(&self, signal);
  ::pthread_sigmask(SIG_UNBLOCK, &self, nullptr);
}

void forward_to_host(int signal, siginfo_t* info, void* context) {
  HostHandler& host = host_handlers[signal == SIGSEGV ? 0 : 1];
  const struct sigaction& action = host.action;
  const bool with_info = (action.sa_flags & SA_SIGINFO) != 0;
  if (!with_info && action.sa_handler == SIG_IGN && !is_raised_by_instruction(*info)) return;
  const bool has_function =
      with_info || (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
  const bool only_once = (action.sa_flags & static_cast<int>(SA_RESETHAND)) != 0;
  if (!has_function || (only_once && host.used.exchange(true))) {
    return take_default_action(signal, *info);
  }
  apply_mask(signal, action);
  if (with_info) {
    action.sa_sigaction(signal, info, context);
  } else {
    action.sa_handler(signal);
  }
}

// ---- Ours --------------------------------------------------------------------------------------

bool leave_guest_for_fault(int signal, const siginfo_t& info, void* context) {
  Activation* activation = current_activation();
  if (activation == nullptr || !is_raised_by_instruction(info)) return false;
  if (!may_fault(interrupted_pc(context))) return false;
  const uintptr_t address = reinterpret_cast<uintptr_t>(info.si_addr);
  const std::optional<uintptr_t> trap = guest_memory.find(address);
  if (!trap) return false;

  const bool unaligned = signal == SIGBUS && info.si_code == BUS_ADRALN;
  activation->trap = unaligned ? TrapCode::UnalignedAtomic : static_cast<TrapCode>(*trap);
  activation->fault_address = address;
  resume_at_exit(context, *activation);
  return true;
}

// The first write to a page whose writes are tracked, by whatever code on whatever thread. Pages
// past the end of a memory are in no tracker's range, so these and a guest's faults are disjoint.
bool note_write(int signal, const siginfo_t& info, const void* context) {
  if (signal != SIGSEGV || info.si_code != SEGV_ACCERR || !is_write_fault(context)) return false;
  const uintptr_t address = reinterpret_cast<uintptr_t>(info.si_addr);
  // Whoever jumps into a guest's memory would fault forever.
  if (address == interrupted_pc(context)) return false;
  WriteTracker* tracker = find_write_tracker(address);
  return tracker != nullptr && tracker->on_write_fault(address);
}

void handle_fault(int signal, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  if (note_write(signal, *info, context)) {
    errno = saved_errno;
    return;
  }
  if (!leave_guest_for_fault(signal, *info, context)) forward_to_host(signal, info, context);
  errno = saved_errno;
}

// Returns an errno value, 0 for success.
int install_over(HostHandler& host, const struct sigaction& found) {
  struct sigaction ours{};
  ours.sa_sigaction = handle_fault;
  ::sigemptyset(&ours.sa_mask);
  // No SA_NODEFER: a fault in the handler is our bug and must end the process, not recurse. A guest
  // that leaves gets its mask back from the context like any other return.
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | (found.sa_flags & SA_RESTART);
  host.used.store(false);
  return ::sigaction(host.signal, &ours, nullptr) == 0 ? 0 : errno;
}

int install_first(HostHandler& host) {
  if (::sigaction(host.signal, nullptr, &host.action) != 0) return errno;
  const int error = install_over(host, host.action);
  host.is_installed = error == 0;
  return error;
}

bool is_same_handler(const struct sigaction& a, const struct sigaction& b) {
  if (((a.sa_flags ^ b.sa_flags) & SA_SIGINFO) != 0) return false;
  return (a.sa_flags & SA_SIGINFO) != 0 ? a.sa_sigaction == b.sa_sigaction
                                        : a.sa_handler == b.sa_handler;
}

// A host that sets handlers for a while and then puts back what it found before drops ours. What we
// find now was there before us, so it does not know us and we may go in front of it again. An
// unknown handler may well be one that calls ours: it stays in front.
int install_again_if_dropped(HostHandler& host) {
  struct sigaction found{};
  if (::sigaction(host.signal, nullptr, &found) != 0) return errno;
  return is_same_handler(found, host.action) ? install_over(host, found) : 0;
}

void keep_registries_usable_after_fork() {
  ::pthread_atfork(
      [] {
        guest_memory.before_fork();
        guest_code.before_fork();
        write_tracker_registry().before_fork();
      },
      [] {
        write_tracker_registry().after_fork_in_parent();
        guest_code.after_fork_in_parent();
        guest_memory.after_fork_in_parent();
      },
      [] {
        write_tracker_registry().after_fork_in_child();
        guest_code.after_fork_in_child();
        guest_memory.after_fork_in_child();
      });
}

int install_all() {
  constinit static std::mutex mutex;
  constinit static bool is_prepared = false;
  const std::lock_guard lock(mutex);
  if (!is_prepared) {
    collect_fault_sites();
    keep_registries_usable_after_fork();
    is_prepared = true;
  }
  for (HostHandler& host : host_handlers) {
    const int error = host.is_installed ? install_again_if_dropped(host) : install_first(host);
    if (error != 0) return error;
  }
  return 0;
}

}  // namespace

Status install_fault_handler() {
  const int error = install_all();
  if (error == 0) return {};
  return make_system_error("cannot install the handler for memory faults", error);
}

// ---- Ranges ------------------------------------------------------------------------------------

RangeRegistry& FaultRange::registry(Kind kind) {
  return kind == Kind::Code ? guest_code : guest_memory;
}

FaultRange& FaultRange::operator=(FaultRange&& other) noexcept {
  if (this != &other) {
    release();
    kind_ = other.kind_;
    base_ = std::exchange(other.base_, 0);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Result<FaultRange> FaultRange::add(Kind kind, const void* base, size_t bytes, TrapCode trap) {
  const uintptr_t address = reinterpret_cast<uintptr_t>(base);
  if (bytes == 0 || address + (bytes - 1) < address) {
    return make_error(ErrorKind::Usage, "not a range of addresses");
  }
  if (!registry(kind).add(address, bytes, static_cast<uint8_t>(trap))) {
    return make_error(ErrorKind::Limit, "no memory to register a range of addresses");
  }
  FaultRange range;
  range.kind_ = kind;
  range.base_ = address;
  range.size_ = bytes;
  return range;
}

void FaultRange::release() {
  if (size_ != 0) registry(kind_).remove(base_, size_);
  base_ = 0;
  size_ = 0;
}

Result<FaultRange> register_guest_memory(const void* base, size_t bytes, TrapCode trap) {
  return FaultRange::add(FaultRange::Kind::Memory, base, bytes, trap);
}

Result<FaultRange> register_guest_code(const void* base, size_t bytes) {
  return FaultRange::add(FaultRange::Kind::Code, base, bytes, TrapCode::None);
}

}  // namespace brink::platform
