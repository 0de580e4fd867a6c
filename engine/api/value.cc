// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "brink/value.h"

#include <fmt/format.h>

#include "engine/text/float_format.h"

namespace brink {

std::string to_string(const Value& value) {
  std::string text;
  switch (value.type().kind()) {
    case ValKind::I32: return fmt::format("{}", value.i32());
    case ValKind::I64: return fmt::format("{}", value.i64());
    case ValKind::F32:
      text::append_f32(text, static_cast<uint32_t>(value.words().words[0]));
      return text;
    case ValKind::F64: text::append_f64(text, value.words().words[0]); return text;
    case ValKind::V128: {
      const V128 v = value.v128();
      return fmt::format("0x{:016x}{:016x}", v.words[1], v.words[0]);
    }
    default: break;
  }
  if (value.is_null()) return "null";
  return fmt::format("{} {:#x}", to_string(value.type()), value.ref_word());
}

}  // namespace brink
