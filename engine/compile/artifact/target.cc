// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/artifact/target.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "brink/features.h"
#include "engine/platform/cpu_features.h"
#include "engine/support/try.h"

namespace brink::compile::artifact {
namespace {

std::unexpected<Error> mismatch(std::string what) {
  return make_error(ErrorKind::Artifact, std::move(what));
}

std::string names_of_features(uint32_t bits) {
  std::vector<std::string_view> names;
  for (; bits != 0; bits &= bits - 1) {
    const auto index = static_cast<uint32_t>(std::countr_zero(bits));
    names.push_back(index < kFeatureCount ? to_string(static_cast<Feature>(index)) : "?");
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

/// An option that changes the code: what it is when it is set and when it is not.
struct Option {
  uint8_t Target::* member;
  std::string_view on;
  std::string_view off;
};

constexpr Option kOptions[] = {
    {&Target::consume_fuel, "counts fuel", "counts no fuel"},
    {&Target::guarded_memories, "relies on address space that is reserved behind memories",
     "checks every access"},
    {&Target::gc_stress, "collects at every allocation", "collects when memory is short"},
};

}  // namespace

std::string_view version_of(const Info& info) {
  const auto end = std::find(std::begin(info.engine_version), std::end(info.engine_version), '\0');
  return {info.engine_version, static_cast<size_t>(end - info.engine_version)};
}

Status check_target(const Info& made_for, const Target& host, std::string_view host_version) {
  const Target& target = made_for.target;
  if (target.fingerprint != host.fingerprint)
    return mismatch(
        fmt::format("stale: made by brink {} (build {:016x}), this is brink {} (build {:016x}); "
                    "compile the module again with 'brink compile'",
                    version_of(made_for), target.fingerprint, host_version, host.fingerprint));
  if (const uint64_t missing = target.cpu_features & ~host.cpu_features; missing != 0)
    return mismatch(
        fmt::format("this processor lacks {}; compile the module for it: 'brink compile "
                    "--target-cpu=baseline', or on this machine",
                    to_string(platform::CpuFeatures::from_bits(missing))));
  if (const uint32_t off = target.features & ~host.features; off != 0)
    return mismatch(fmt::format(
        "made with WebAssembly features that are switched off in this engine ({}); compile the "
        "module with the same features",
        names_of_features(off)));
  for (const Option& option : kOptions)
    if (target.*option.member != host.*option.member)
      return mismatch(
          fmt::format("the code {}, this engine {}; compile the module with the same options",
                      target.*option.member != 0 ? option.on : option.off,
                      host.*option.member != 0 ? option.on : option.off));
  return {};
}

}  // namespace brink::compile::artifact
