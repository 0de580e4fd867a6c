// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// For tests of what ends a process, or changes it for good: run it in a child and look how the
// child ended.

#ifndef BRINK_PLATFORM_CHILD_PROCESS_FOR_TEST_H_
#define BRINK_PLATFORM_CHILD_PROCESS_FOR_TEST_H_

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>

/// What sanitizers do not let a test see: address space limits, which their shadow memory exceeds,
/// and (the thread sanitizer) signal masks in handlers and threads of forked children.
#if defined(__SANITIZE_THREAD__)
#define BRINK_TEST_UNDER_TSAN 1
#elif defined(__SANITIZE_ADDRESS__)
#define BRINK_TEST_UNDER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BRINK_TEST_UNDER_TSAN 1
#elif __has_feature(address_sanitizer)
#define BRINK_TEST_UNDER_ASAN 1
#endif
#endif

namespace brink::platform {

/// How a child ended: an exit code, or a signal.
struct ChildEnd {
  int exit_code = -1;
  int signal = 0;
  friend bool operator==(const ChildEnd&, const ChildEnd&) = default;
};
inline std::ostream& operator<<(std::ostream& out, const ChildEnd& end) {
  return out << "exit code " << end.exit_code << ", signal " << end.signal;
}
inline ChildEnd exited(int code) {
  return {code, 0};
}
inline ChildEnd killed_by(int signal) {
  return {-1, signal};
}

inline ChildEnd wait_for(pid_t child) {
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  if (WIFEXITED(status)) return exited(WEXITSTATUS(status));
  return killed_by(WTERMSIG(status));
}

/// Runs `body` in a copy of this process; its result is the exit code.
template <typename Body>
ChildEnd run_in_fork(Body body) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(body());
  return wait_for(child);
}

/// Runs one hidden test case of this executable in a fresh process, quietly and without a core.
inline ChildEnd run_hidden_test(const std::string& name) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const int null = ::open("/dev/null", O_RDWR);
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
    const rlimit no_core = {0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::execl("/proc/self/exe", "test", name.c_str(), static_cast<char*>(nullptr));
    ::_exit(126);
  }
  return wait_for(child);
}

}  // namespace brink::platform

#endif  // BRINK_PLATFORM_CHILD_PROCESS_FOR_TEST_H_
