// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#ifndef BRINK_VALUE_H_
#define BRINK_VALUE_H_

#include <bit>
#include <cstdint>
#include <string>

#include "brink/types.h"
#include "brink/v128.h"

namespace brink {

/// A value with its type (spec: values). References are opaque words that belong to a Store; null
/// is zero for every reference type. Use Func, ExternRef and their kin to make and read them.
class Value {
 public:
  Value() = default;
  static Value i32(int32_t v) { return Value(kI32, static_cast<uint32_t>(v)); }
  static Value i64(int64_t v) { return Value(kI64, static_cast<uint64_t>(v)); }
  static Value f32(float v) { return Value(kF32, std::bit_cast<uint32_t>(v)); }
  static Value f64(double v) { return Value(kF64, std::bit_cast<uint64_t>(v)); }
  static Value f32_bits(uint32_t bits) { return Value(kF32, bits); }
  static Value f64_bits(uint64_t bits) { return Value(kF64, bits); }
  static Value v128(V128 v) {
    Value value(kV128, 0);
    value.bits_ = v;
    return value;
  }
  static Value null(HeapType heap) { return Value(ValType::ref(heap, true), 0); }
  /// `type` is the type the reference is known to have; `word` the runtime's representation.
  static Value ref(ValType type, uint64_t word) { return Value(type, word); }
  /// Of any type, from the words it has in a frame.
  static Value from_words(ValType type, V128 words) {
    Value value(type, 0);
    value.bits_ = words;
    return value;
  }

  ValType type() const { return type_; }
  int32_t i32() const { return static_cast<int32_t>(bits_.words[0]); }
  int64_t i64() const { return static_cast<int64_t>(bits_.words[0]); }
  float f32() const { return std::bit_cast<float>(static_cast<uint32_t>(bits_.words[0])); }
  double f64() const { return std::bit_cast<double>(bits_.words[0]); }
  V128 v128() const { return bits_; }
  uint64_t ref_word() const { return bits_.words[0]; }
  bool is_null() const { return type_.is_ref() && bits_.words[0] == 0; }
  V128 words() const { return bits_; }

 private:
  Value(ValType type, uint64_t word) : type_(type), bits_{{word, 0}} {}
  ValType type_;
  V128 bits_;
};

/// As the command line prints a result: "42", "-0.5", "nan:0x7fc00001", "null", "v128 ...".
std::string to_string(const Value& value);

}  // namespace brink

#endif  // BRINK_VALUE_H_
