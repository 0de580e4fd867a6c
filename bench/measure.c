// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// measure RESULTS COMMAND...: runs a command and writes "wall user sys peak exit" to the file
// RESULTS: three times in microseconds, the peak of its memory in KiB, and the exit code (128 + n
// for signal n).
//
// A program of its own, because the peak the kernel reports for a process includes what the process
// that started it had in memory before the exec: from Python that alone would be more than a small
// engine needs.

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static long long micros(struct timeval time) {
  return time.tv_sec * 1000000LL + time.tv_usec;
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  long long start = now();
  pid_t child = fork();
  if (child == 0) {
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    _exit(127);
  }
  int status;
  struct rusage usage;
  if (child < 0 || wait4(child, &status, 0, &usage) < 0) return 1;
  long long wall = now() - start;
  FILE* results = fopen(argv[1], "w");
  if (!results) return 1;
  fprintf(results, "%lld %lld %lld %ld %d\n", wall, micros(usage.ru_utime), micros(usage.ru_stime),
          usage.ru_maxrss, WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return fclose(results) != 0;
}
