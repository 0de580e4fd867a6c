// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Arguments and result patterns in scripts.

#ifndef BRINK_TEXT_SCRIPT_VALUES_H_
#define BRINK_TEXT_SCRIPT_VALUES_H_

#include "brink/error.h"
#include "engine/text/script.h"
#include "engine/text/token_stream.h"

namespace brink::text {

class ScriptValueParser {
 public:
  explicit ScriptValueParser(TokenStream& tokens) : tokens_(tokens) {}

  /// `(i32.const 1)`, `(ref.null func)`, `(ref.extern 3)`, ...
  Result<ScriptValue> value();
  /// The same with patterns, or `(either pattern*)`.
  Result<ResultPattern> pattern();

 private:
  Result<ResultPattern> simple_pattern();
  Status number(ResultPattern& pattern);
  Status vector(ResultPattern& pattern);
  NanPattern take_nan_pattern();

  TokenStream& tokens_;
};

}  // namespace brink::text

#endif  // BRINK_TEXT_SCRIPT_VALUES_H_
