// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/x64/abi.h"

#include <iterator>

namespace brink::compile::x64 {

namespace {

RegisterFile make_register_file() {
  RegisterFile file;
  // Those that calls pass arguments in come first: values are likely to end there anyway.
  for (const PReg reg : {kRax, kRcx, kRdx, kRsi, kRdi, kRbx, kR8, kR9, kRbp, kR10, kR12, kR13})
    file.allocatable[0].push_back(reg);
  for (uint32_t i = 0; i < kVectorScratch.index(); ++i) file.allocatable[1].push_back(xmm(i));
  file.scratch[0] = kScratch;
  file.scratch[1] = kVectorScratch;
  return file;
}

}  // namespace

const RegisterFile& register_file() {
  static const RegisterFile file = make_register_file();
  return file;
}

PRegSet call_clobbers() {
  static const PRegSet all = [] {
    PRegSet set;
    for (const auto& registers : register_file().allocatable)
      for (const PReg reg : registers) set = set.with(reg);
    return set;
  }();
  return all;
}

std::vector<AbiLocation> assign_locations(std::span<const ValType> types) {
  std::vector<AbiLocation> locations;
  locations.reserve(types.size());
  size_t integers = 0;
  size_t vectors = 0;
  uint32_t overflow = 0;
  for (const ValType type : types) {
    AbiLocation location;
    if (register_class(type) == RegClass::Int && integers < std::size(kIntegerArguments))
      location.reg = kIntegerArguments[integers++];
    else if (register_class(type) == RegClass::Vector && vectors < std::size(kVectorArguments))
      location.reg = kVectorArguments[vectors++];
    else
      location.overflow = overflow++;
    locations.push_back(location);
  }
  return locations;
}

}  // namespace brink::compile::x64
