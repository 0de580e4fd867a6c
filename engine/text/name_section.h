// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The name section (spec: appendix, custom sections), made of the identifiers of a text module.

#ifndef BRINK_TEXT_NAME_SECTION_H_
#define BRINK_TEXT_NAME_SECTION_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/support/byte_writer.h"
#include "engine/text/index_space.h"

namespace brink::text {

/// Name maps of things that lie in other things, by ascending index.
using IndirectNameMap = std::vector<std::pair<uint32_t, NameMap>>;

struct ModuleNames {
  std::optional<std::string_view> module;
  NameMap functions;
  IndirectNameMap locals;
  IndirectNameMap labels;
  NameMap types;
  NameMap tables;
  NameMap memories;
  NameMap globals;
  NameMap elements;
  NameMap data;
  IndirectNameMap fields;
  NameMap tags;
};

/// Appends the custom section; nothing when there are no names.
void write_name_section(support::ByteWriter& out, const ModuleNames& names);

}  // namespace brink::text

#endif  // BRINK_TEXT_NAME_SECTION_H_
