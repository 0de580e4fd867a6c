// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Modules for the tests of this folder, from text or from bytes.

#ifndef BRINK_VALIDATE_TEST_MODULE_H_
#define BRINK_VALIDATE_TEST_MODULE_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "brink/error.h"
#include "engine/wasm/module.h"

namespace brink::validate::testing {

/// Decoded, not validated. The test ends if the text is no module.
wasm::Module module_from_text(std::string_view wat, Features features = Features::all());

/// Validated. The test ends if the module is invalid.
wasm::Module valid_module(std::string_view wat, Features features = Features::all());
wasm::Module valid_module_from_bytes(std::vector<uint8_t> bytes,
                                     Features features = Features::all());

/// "" for a valid module, otherwise the message of the error. The message is prefixed by "malformed
/// " unless the error is of kind Invalid.
std::string check_text(std::string_view wat, Features features = Features::all());
std::string check_bytes(std::vector<uint8_t> bytes, Features features = Features::all());

/// A module of one function [] -> [] whose body, with its local declarations, are these bytes.
std::vector<uint8_t> module_with_body(const std::vector<uint8_t>& body);

/// A text and what is wrong with it: how the message begins, empty if nothing is.
struct Case {
  const char* wat;
  const char* message;
};
/// Checks all of them.
void check_cases(std::initializer_list<Case> cases, Features features = Features::all());

}  // namespace brink::validate::testing

#endif  // BRINK_VALIDATE_TEST_MODULE_H_
