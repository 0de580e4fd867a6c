// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Clocks run forward, sleeping takes its time, random bytes differ; prints only what must be the
// same each time.

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t now(clockid_t clock) {
  struct timespec time;
  if (clock_gettime(clock, &time) < 0) return -1;
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void say(const char* what, int good) {
  printf("%s: %s\n", what, good ? "yes" : "NO");
}

int main(void) {
  say("after 2024", now(CLOCK_REALTIME) > INT64_C(1704067200) * 1000000000);
  int64_t last = now(CLOCK_MONOTONIC);
  int forward = last >= 0;
  for (int i = 0; i < 1000; i++) {
    int64_t next = now(CLOCK_MONOTONIC);
    forward &= next >= last;
    last = next;
  }
  say("monotonic", forward);
  struct timespec resolution;
  say("resolution", clock_getres(CLOCK_MONOTONIC, &resolution) == 0 && resolution.tv_sec == 0);

  struct timespec nap = {0, 30000000};
  say("slept", nanosleep(&nap, NULL) == 0 && now(CLOCK_MONOTONIC) - last >= 30000000);
  last = now(CLOCK_MONOTONIC);
  struct pollfd nothing = {1, 0, 0};
  poll(&nothing, 0, 20);
  say("polled", now(CLOCK_MONOTONIC) - last >= 19000000);

  uint8_t first[32] = {0}, second[32] = {0};
  say("random", getentropy(first, 32) == 0 && getentropy(second, 32) == 0);
  say("different", memcmp(first, second, 32) != 0);

  time_t moment = 951782400;  // 29 February 2000
  struct tm* date = gmtime(&moment);
  char text[64];
  strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %j", date);
  puts(text);
  return 0;
}
