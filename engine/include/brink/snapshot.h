// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Snapshots: a module that begins where an instance has got to. A language runtime's start-up is
// paid for once, by whoever makes the snapshot.
//
//     auto bytes = brink::take_snapshot(*instance, {.removed_exports = {"_initialize"}});

#ifndef BRINK_SNAPSHOT_H_
#define BRINK_SNAPSHOT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "brink/error.h"
#include "brink/store.h"

namespace brink {

struct SnapshotOptions {
  /// Not exported by the new module: initializers, which must not run again.
  std::vector<std::string> removed_exports;
  /// New name, old name. An export that has the new name already gives way.
  std::vector<std::pair<std::string, std::string>> renamed_exports;
};

/// The binary of a module whose memories, globals and tables start as they are in `instance` now.
/// It has the same functions and imports, and no start function. An Error if there is something
/// that a module cannot express: imported memories, tables or mutable globals; references to
/// something of the host's or of other instances, to exceptions, or to garbage-collected objects
/// that are reached in more than one way; or a guest that is running. What imported functions did
/// outside of the instance is not part of it.
Result<std::vector<uint8_t>> take_snapshot(const Instance& instance,
                                           const SnapshotOptions& options = {});

}  // namespace brink

#endif  // BRINK_SNAPSHOT_H_
