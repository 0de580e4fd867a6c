// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The type section: checks the definitions, gives them canonical ids (spec: types, recursive types,
// sub types).

#ifndef BRINK_VALIDATE_TYPE_VALIDATOR_H_
#define BRINK_VALIDATE_TYPE_VALIDATOR_H_

#include "brink/error.h"
#include "engine/wasm/module.h"

namespace brink::validate {

/// Fills Module::type_ids; Module::registry must be set.
Status validate_types(wasm::Module& module);

/// Whether a concrete heap type in `type`, a type as the module writes it, exists.
Status check_type_exists(const wasm::Module& module, ValType type, uint64_t offset);

/// Where a section starts, for errors about things that have no offset of their own.
uint64_t section_offset(const wasm::Module& module, wasm::SectionId id);

}  // namespace brink::validate

#endif  // BRINK_VALIDATE_TYPE_VALIDATOR_H_
