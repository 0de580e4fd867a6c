// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Binaries for the tests of this folder, put together from bytes.

#ifndef BRINK_DECODE_TEST_MODULE_H_
#define BRINK_DECODE_TEST_MODULE_H_

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "engine/wasm/module.h"

namespace brink::decode::testing {

using Bytes = std::vector<uint8_t>;

Bytes join(std::initializer_list<Bytes> parts);
/// Length and characters.
Bytes name(std::string_view text);
/// Size and content.
Bytes sized(const Bytes& content);
Bytes section(wasm::SectionId id, std::initializer_list<Bytes> content);
Bytes custom(std::string_view section_name, const Bytes& content);
/// Magic, version, sections.
Bytes module(std::initializer_list<Bytes> sections);

/// A module with every section and every form of everything in them, in its shortest form. From
/// the function section on no shorter prefix is a module: functions lack code, then data is
/// missing.
Bytes rich_module();

}  // namespace brink::decode::testing

#endif  // BRINK_DECODE_TEST_MODULE_H_
