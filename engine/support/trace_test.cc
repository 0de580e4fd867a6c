// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/support/trace.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace brink {
namespace {

/// Collects lines for as long as it lives.
struct Lines {
  Lines() {
    set_trace_sink([this](TraceChannel channel, std::string_view line) {
      lines.push_back(std::string(to_string(channel)).append(": ").append(line));
    });
  }
  ~Lines() { set_trace_sink({}); }
  std::vector<std::string> lines;
};

TEST_CASE("channels have names and explanations") {
  for (uint32_t i = 0; i < kTraceChannelCount; ++i) {
    const auto channel = static_cast<TraceChannel>(i);
    CHECK(trace_channel_from_name(to_string(channel)) == channel);
    CHECK_FALSE(describe(channel).empty());
    CHECK_FALSE(is_tracing(channel));
  }
  CHECK_FALSE(trace_channel_from_name("telepathy"));
  CHECK_FALSE(trace_channel_from_name(""));
}

TEST_CASE("a channel prints while it is on, and evaluates nothing while it is off") {
  Lines sink;
  int evaluated = 0;
  const auto touch = [&] { return ++evaluated; };
  BRINK_TRACE(Decode, "{}", touch());
  set_tracing(TraceChannel::Decode, true);
  BRINK_TRACE(Decode, "{}", touch());
  BRINK_TRACE(Link, "{}", touch());
  set_tracing(TraceChannel::Decode, false);
  BRINK_TRACE(Decode, "{}", touch());
  CHECK(evaluated == 1);
  CHECK(sink.lines == std::vector<std::string>{"decode: 1"});
}

}  // namespace
}  // namespace brink
