// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_SPEC_TESTS_RESULT_MATCH_H_
#define BRINK_SPEC_TESTS_RESULT_MATCH_H_

#include <optional>
#include <string>

#include "brink/store.h"
#include "engine/text/script.h"

namespace brink::spec_tests {

/// What the runner knows of references that the pattern names by number.
class HostReferences {
 public:
  explicit HostReferences(Store& store) : store_(store) {}
  /// The externref that stands for the host's object `number`.
  Value make(uint32_t number);
  /// The number behind an externref made here.
  std::optional<uint32_t> number_of(const Value& value) const;
  /// What a non-null reference is: Func, Extern, Exn, I31, Struct, Array, or Any for what the host
  /// has made.
  AbstractHeapType kind_of(const Value& value) const;

 private:
  Store& store_;
};

/// Whether a result is what the script expects; floats bit by bit or by class of NaN.
bool matches(const Value& value, const text::ResultPattern& pattern, const HostReferences& host);

/// "f32:nan:canonical", "(ref.func)", for messages.
std::string to_string(const text::ResultPattern& pattern);

}  // namespace brink::spec_tests

#endif  // BRINK_SPEC_TESTS_RESULT_MATCH_H_
