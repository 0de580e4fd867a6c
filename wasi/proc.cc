// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// proc_exit, proc_raise, sched_yield.

#include <sched.h>

#include <csignal>

#include "wasi/context.h"

namespace brink::wasi {
namespace {

enum class Action : uint8_t { Ignore, Terminate, Refuse };

/// What a signal of WASI's numbering does to a guest, which can have no handlers, and its number on
/// the host. Guests cannot be suspended: job control is refused.
struct SignalRow {
  Action action;
  int host;
};
constexpr SignalRow kSignals[] = {
    {Action::Ignore, 0},          {Action::Terminate, SIGHUP},    {Action::Terminate, SIGINT},
    {Action::Terminate, SIGQUIT}, {Action::Terminate, SIGILL},    {Action::Terminate, SIGTRAP},
    {Action::Terminate, SIGABRT}, {Action::Terminate, SIGBUS},    {Action::Terminate, SIGFPE},
    {Action::Terminate, SIGKILL}, {Action::Terminate, SIGUSR1},   {Action::Terminate, SIGSEGV},
    {Action::Terminate, SIGUSR2}, {Action::Terminate, SIGPIPE},   {Action::Terminate, SIGALRM},
    {Action::Terminate, SIGTERM}, {Action::Ignore, SIGCHLD},      {Action::Ignore, SIGCONT},
    {Action::Refuse, SIGSTOP},    {Action::Refuse, SIGTSTP},      {Action::Refuse, SIGTTIN},
    {Action::Refuse, SIGTTOU},    {Action::Ignore, SIGURG},       {Action::Terminate, SIGXCPU},
    {Action::Terminate, SIGXFSZ}, {Action::Terminate, SIGVTALRM}, {Action::Terminate, SIGPROF},
    {Action::Ignore, SIGWINCH},   {Action::Terminate, SIGIO},     {Action::Terminate, SIGPWR},
    {Action::Terminate, SIGSYS},
};
static_assert(std::size(kSignals) == 31);

}  // namespace

Outcome<> Context::proc_exit(const GuestCall&, uint32_t code) {
  exit_status_ = static_cast<int32_t>(code);
  return fail(Errno::HostStop);
}

/// A signal that ends a process ends the guest with the status a shell would show: 128 + number.
Outcome<> Context::proc_raise(const GuestCall&, uint32_t signal) {
  if (signal >= std::size(kSignals)) return fail(Errno::Inval);
  const SignalRow& row = kSignals[signal];
  switch (row.action) {
    case Action::Ignore: return {};
    case Action::Refuse: return fail(Errno::Notsup);
    case Action::Terminate: break;
  }
  exit_status_ = 128 + row.host;
  return fail(Errno::HostStop);
}

Outcome<> Context::sched_yield(const GuestCall&) {
  ::sched_yield();
  return waiter_.check();
}

}  // namespace brink::wasi
