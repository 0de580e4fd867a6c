// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// How large the parts of a module may be (spec: appendix, implementation limitations). The numbers
// are those that engines on the web have agreed on, so that a module that runs here runs there.
// Exceeding one is an Error of kind Limit: "implementation limit exceeded: ...".

#ifndef BRINK_DECODE_LIMITS_H_
#define BRINK_DECODE_LIMITS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "brink/error.h"

namespace brink::decode::limits {

inline constexpr uint64_t kModuleBytes = uint64_t{1} << 30;
inline constexpr uint32_t kFunctionBytes = 7'654'321;
inline constexpr uint32_t kTypes = 1'000'000;
inline constexpr uint32_t kRecGroupTypes = 1'000'000;
inline constexpr uint32_t kImports = 1'000'000;
inline constexpr uint32_t kExports = 1'000'000;
inline constexpr uint32_t kFunctions = 1'000'000;
inline constexpr uint32_t kTables = 100'000;
inline constexpr uint32_t kMemories = 100;
inline constexpr uint32_t kGlobals = 1'000'000;
inline constexpr uint32_t kTags = 1'000'000;
inline constexpr uint32_t kElementSegments = 100'000;
inline constexpr uint32_t kDataSegments = 100'000;
/// Entries of all tables that a module may ask for at once, and of one element segment.
inline constexpr uint32_t kTableEntries = 10'000'000;

inline constexpr uint32_t kParams = 1'000;
inline constexpr uint32_t kResults = 1'000;
inline constexpr uint32_t kStructFields = 10'000;
inline constexpr uint32_t kSubtypingDepth = 63;

/// Including parameters.
inline constexpr uint32_t kLocals = 50'000;
inline constexpr uint32_t kBrTableLabels = 1'000'000;
inline constexpr uint32_t kArrayNewFixedOperands = 10'000;

/// "implementation limit exceeded: 2000000 types, at most 1000000 are allowed".
Error exceeded(std::string_view what, uint64_t count, uint64_t limit, uint64_t offset);

}  // namespace brink::decode::limits

#endif  // BRINK_DECODE_LIMITS_H_
