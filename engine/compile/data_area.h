// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The writable words that compiled code of a module reaches at fixed distances, so that the code
// itself needs no relocations when it is loaded:
//
//     data area: entry slot per function | address per stub | address per trap code | id per type
//                8 bytes each (imports     8 bytes            8 bytes                 4 bytes
//                included)
//
// It ends, rounded up to pages, where the code begins. All offsets are from its start.

#ifndef BRINK_COMPILE_DATA_AREA_H_
#define BRINK_COMPILE_DATA_AREA_H_

#include <cstdint>

#include "brink/trap.h"

namespace brink::compile {

/// One row of stubs.def.
enum class Stub : uint8_t {
#define BRINK_STUB(id) id,
#include "engine/compile/stubs.def"
};

inline constexpr uint32_t kStubCount = 0
#define BRINK_STUB(id) +1
#include "engine/compile/stubs.def"
    ;

/// TrapCode::None has a slot that nobody uses.
inline constexpr uint32_t kTrapSlotCount = 1
#define BRINK_TRAP(id, message) +1
#include "brink/trap.def"
    ;

struct DataArea {
  uint32_t functions = 0;  ///< of the module, imports included
  uint32_t types = 0;

  static constexpr uint32_t kSlotBytes = 8;
  constexpr uint64_t entry(uint32_t function) const { return uint64_t{kSlotBytes} * function; }
  constexpr uint64_t stub(Stub stub) const { return entry(functions) + slots(to_index(stub)); }
  constexpr uint64_t trap(TrapCode code) const {
    return entry(functions) + slots(kStubCount + static_cast<uint32_t>(code));
  }
  constexpr uint64_t type_id(uint32_t type) const {
    return entry(functions) + slots(kStubCount + kTrapSlotCount) + sizeof(uint32_t) * type;
  }
  constexpr uint64_t size() const { return type_id(types); }

 private:
  static constexpr uint32_t to_index(Stub stub) { return static_cast<uint32_t>(stub); }
  static constexpr uint64_t slots(uint32_t count) { return uint64_t{kSlotBytes} * count; }
};

}  // namespace brink::compile

#endif  // BRINK_COMPILE_DATA_AREA_H_
