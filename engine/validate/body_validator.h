// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Bodies and constant expressions, checked and consumed by nobody. One instance serves any number
// of them and reuses its memory.

#ifndef BRINK_VALIDATE_BODY_VALIDATOR_H_
#define BRINK_VALIDATE_BODY_VALIDATOR_H_

#include <memory>

#include "brink/error.h"
#include "engine/wasm/module.h"

namespace brink::validate {

class BodyValidator {
 public:
  /// The module's types must have been canonicalized.
  explicit BodyValidator(wasm::Module& module);
  ~BodyValidator();

  /// The body of a defined function.
  Status check_body(uint32_t function_index);

  /// A constant expression that gives a value of type `expected` (canonical). It may name the first
  /// `visible_globals` globals. Functions that it names are recorded in
  /// Module::declared_functions.
  Status check_constant(wasm::ConstExpr expression, ValType expected, uint32_t visible_globals);

 private:
  Status check_is_constant(wasm::ConstExpr expression, uint32_t visible_globals);

  struct Impl;
  wasm::Module& module_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace brink::validate

#endif  // BRINK_VALIDATE_BODY_VALIDATOR_H_
