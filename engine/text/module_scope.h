// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What identifiers of a module mean, for everything that is parsed inside it.

#ifndef BRINK_TEXT_MODULE_SCOPE_H_
#define BRINK_TEXT_MODULE_SCOPE_H_

#include "brink/features.h"
#include "brink/types.h"
#include "engine/text/index_space.h"
#include "engine/text/parser_types.h"

namespace brink::text {

struct ModuleScope {
  explicit ModuleScope(Features features) : types(features.has(Feature::Memory64)) {}

  TypeSection types;
  IndexSpace functions{"function"};
  IndexSpace tables{"table"};
  IndexSpace memories{"memory"};
  IndexSpace globals{"global"};
  IndexSpace tags{"tag"};
  IndexSpace elements{"elem segment"};
  IndexSpace data{"data segment"};
  /// An instruction names a data segment: the binary needs a data count section.
  bool names_data_segments = false;

  IndexSpace& space(ExternKind kind) {
    switch (kind) {
      case ExternKind::Func: return functions;
      case ExternKind::Table: return tables;
      case ExternKind::Memory: return memories;
      case ExternKind::Global: return globals;
      case ExternKind::Tag: break;
    }
    return tags;
  }
};

}  // namespace brink::text

#endif  // BRINK_TEXT_MODULE_SCOPE_H_
