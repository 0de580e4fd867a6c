// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "runtime-cli/engine_options.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "brink/trace.h"
#include "engine/support/try.h"
#include "runtime-cli/units.h"

namespace brink::cli {
namespace {

std::string channel_names() {
  std::vector<std::string_view> names;
  for (uint32_t i = 0; i < kTraceChannelCount; ++i)
    names.push_back(to_string(static_cast<TraceChannel>(i)));
  return fmt::format("{}", fmt::join(names, ", "));
}

/// The value of KEY=VALUE if the entry has that key.
std::optional<std::string> value_of(std::string_view entry, std::string_view key) {
  if (!entry.starts_with(key) || entry.size() <= key.size() || entry[key.size()] != '=')
    return std::nullopt;
  return std::string(entry.substr(key.size() + 1));
}

/// The value of `-W fuel=N`, a whole number above zero.
uint64_t parse_count(const std::string& text) {
  uint64_t count = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, count);
  if (error != std::errc() || rest != end || count == 0)
    throw CLI::ValidationError("-W fuel", "'" + text + "' is no number of instructions");
  return count;
}

}  // namespace

namespace {

/// NAME[=y|n]
struct Switch {
  std::string_view name;
  bool on = true;
};

Result<Switch> parse_switch(std::string_view flag, std::string_view entry) {
  const size_t equals = entry.find('=');
  const std::string_view name = entry.substr(0, equals);
  const std::string_view value = equals == std::string_view::npos ? "y" : entry.substr(equals + 1);
  static constexpr std::array<std::string_view, 4> kYes = {"y", "yes", "true", "on"};
  static constexpr std::array<std::string_view, 4> kNo = {"n", "no", "false", "off"};
  const bool is_yes = std::find(kYes.begin(), kYes.end(), value) != kYes.end();
  const bool is_no = std::find(kNo.begin(), kNo.end(), value) != kNo.end();
  if (!is_yes && !is_no)
    return make_error(ErrorKind::Usage,
                      fmt::format("{} {}: the value must be y or n, not '{}'", flag, name, value));
  return Switch{name, is_yes};
}

}  // namespace

Status apply_feature(Features& features, std::string_view entry) {
  const auto [name, is_yes] = BRINK_TRY(parse_switch("-W", entry));
  if (name == "all-proposals") {
    features = is_yes ? Features::all() : Features::mvp();
    return {};
  }
  const std::optional<Feature> feature = feature_from_name(name);
  if (!feature) {
    std::vector<std::string_view> names;
    for (uint32_t i = 1; i < kFeatureCount; ++i)
      names.push_back(to_string(static_cast<Feature>(i)));
    return make_error(ErrorKind::Usage, fmt::format("-W {}: there is no such feature; there are {}",
                                                    name, fmt::join(names, ", ")));
  }
  features.set(*feature, is_yes);
  return {};
}

Result<Tier> parse_tier(std::string_view engine) {
  if (engine == "interp") return Tier::Interpreter;
  if (engine != "jit") return Tier::Auto;
  if (!Engine::has_compiler())
    return make_error(ErrorKind::Usage,
                      "--engine=jit: this build of brink has no compiler; use interp or auto");
  return Tier::Compiler;
}

namespace {

Status apply_tuning(EngineConfig& config, const std::vector<std::string>& tuning) {
  for (const std::string& entry : tuning) {
    const std::optional<std::string> text = value_of(entry, "memory-reservation");
    const std::optional<uint64_t> size = text ? parse_size(*text) : std::nullopt;
    if (!size)
      return make_error(
          ErrorKind::Usage,
          fmt::format("-O {}: there is only memory-reservation=SIZE, as in 65536, 64M, 8GiB",
                      entry));
    config.memory_reservation_bytes = *size;
  }
  return {};
}

Status apply_debug(EngineConfig& config, const std::vector<std::string>& debug) {
  for (const std::string& entry : debug) {
    const auto [name, is_yes] = BRINK_TRY(parse_switch("-D", entry));
    if (name != "debug-info")
      return make_error(ErrorKind::Usage, fmt::format("-D {}: there is only debug-info", name));
    config.debug_info = is_yes;
  }
  return {};
}

/// An option that may be repeated, and takes one word each time.
void make_repeatable(CLI::Option* option) {
  option->allow_extra_args(false)->type_size(1)->delimiter(',');
}

}  // namespace

void EngineOptions::add_language_to(CLI::App& command) {
  command
      .add_option("--engine", engine, "how to execute: interp, jit, or auto for the best there is")
      ->check(CLI::IsMember({"auto", "interp", "jit"}));
  command.add_flag("--gc-stress", gc_stress,
                   "for developers: collect garbage at every allocation, overwrite it and verify");
  command.add_flag("--loop-stress", loop_stress,
                   "for developers, with --engine=auto: go over to compiled code in the first "
                   "round of each loop");
  make_repeatable(command.add_option("-W,--wasm", wasm, "FEATURE[=y|n]; may be repeated"));
  make_repeatable(command.add_option(
      "-O,--optimize", tuning,
      "memory-reservation=SIZE: address space for a memory; less than 8G checks accesses"));
}

void EngineOptions::add_to(CLI::App& command) {
  add_language_to(command);
  command.get_option("--wasm")->description(
      "FEATURE[=y|n], fuel=N, timeout=T, max-memory-size=N; may be repeated");
  command.add_flag("--cache", cache,
                   "keep compiled modules, and use those kept; --cache=DIR in another directory");
  command.add_option("--fuel,--gas-limit", fuel, "trap after so many instructions")
      ->check(CLI::PositiveNumber);
  command.add_option("--timeout", timeout_text, "stop the guest after this time: 1s, 250ms");
  command.add_flag("--strict", strict,
                   "for modules that may mean harm: refuse large ones, lower all limits");
  command.add_option("--max-memory", max_memory, "most bytes of each memory: 64M, 1GiB");
  command.add_option("--max-stack,--stack-size", max_stack, "bytes of the guest's stack: 1M");
  command
      .add_option("--profile", profile,
                  "tell perf of compiled functions: perfmap their names, jitdump also their code")
      ->check(CLI::IsMember({"perfmap", "jitdump"}));
  make_repeatable(command.add_option(
      "-D,--debug", debug, "debug-info[=y|n]: tell gdb and lldb the names of compiled functions"));
  make_repeatable(
      command.add_option("--trace", trace, "channels to print to stderr: " + channel_names()));
  command.parse_complete_callback([this] { take_groups(); });
}

void EngineOptions::take_groups() {
  std::vector<std::string> features;
  for (const std::string& entry : wasm) {
    if (const auto value = value_of(entry, "fuel"))
      fuel = parse_count(*value);
    else if (const auto time = value_of(entry, "timeout"))
      timeout_text = *time;
    else if (const auto size = value_of(entry, "max-memory-size"))
      max_memory = *size;
    else if (const auto stack = value_of(entry, "max-wasm-stack"))
      max_stack = *stack;
    else
      features.push_back(entry);
  }
  wasm = std::move(features);
}

Result<EngineConfig> EngineOptions::config() const {
  EngineConfig config = strict ? EngineConfig::strict() : EngineConfig();
  for (const std::string& entry : wasm) BRINK_TRY(apply_feature(config.features, entry));
  config.tier = BRINK_TRY(parse_tier(engine));
  BRINK_TRY(apply_tuning(config, tuning));
  config.gc_stress = gc_stress;
  config.loop_stress = loop_stress;
  if (profile == "perfmap") config.profile = Profile::PerfMap;
  if (profile == "jitdump") config.profile = Profile::JitDump;
  BRINK_TRY(apply_debug(config, debug));
  config.consume_fuel = fuel != 0;
  for (const std::string& name : trace) {
    const std::optional<TraceChannel> channel = trace_channel_from_name(name);
    if (!channel)
      return make_error(
          ErrorKind::Usage,
          fmt::format("--trace: there is no channel '{}'; there are {}", name, channel_names()));
    set_tracing(*channel, true);
  }
  if (!timeout_text.empty() && !timeout())
    return make_error(ErrorKind::Usage,
                      fmt::format("--timeout: '{}' is no time; write 1s, 250ms, 2m", timeout_text));
  return config;
}

Result<std::string> EngineOptions::cache_directory() const {
  const std::string directory = cache == "true" ? default_cache_directory() : cache;
  if (!cache.empty() && directory.empty())
    return make_error(ErrorKind::Usage,
                      "--cache: there is no home directory to keep it in; name one: --cache=DIR");
  return directory;
}

Result<StoreLimits> EngineOptions::limits() const {
  StoreLimits limits = strict ? StoreLimits::strict() : StoreLimits();
  const auto take = [](const std::string& text, std::string_view flag, uint64_t& into) -> Status {
    if (text.empty()) return {};
    const std::optional<uint64_t> size = parse_size(text);
    if (!size || *size == 0)
      return make_error(ErrorKind::Usage,
                        fmt::format("{}: '{}' is no size; write 65536, 64K, 1GiB", flag, text));
    into = *size;
    return {};
  };
  BRINK_TRY(take(max_memory, "--max-memory", limits.max_memory_bytes));
  BRINK_TRY(take(max_stack, "--max-stack", limits.max_stack_bytes));
  return limits;
}

std::optional<std::chrono::nanoseconds> EngineOptions::timeout() const {
  return timeout_text.empty() ? std::nullopt : parse_duration(timeout_text);
}

}  // namespace brink::cli
