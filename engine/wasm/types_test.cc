// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "brink/types.h"

#include <catch2/catch.hpp>

#include "brink/features.h"
#include "brink/trap.h"
#include "engine/wasm/module.h"

namespace brink {

TEST_CASE("types print as in the text format") {
  CHECK(to_string(kI32) == "i32");
  CHECK(to_string(kV128) == "v128");
  CHECK(to_string(ValType(ValKind::I16)) == "i16");
  CHECK(to_string(kFuncRef) == "funcref");
  CHECK(to_string(kExnRef) == "exnref");
  CHECK(to_string(ValType::ref(AbstractHeapType::None, true)) == "nullref");
  CHECK(to_string(ValType::ref(AbstractHeapType::NoExtern, true)) == "nullexternref");
  CHECK(to_string(ValType::ref(AbstractHeapType::Any, false)) == "(ref any)");
  CHECK(to_string(ValType::ref(HeapType::concrete(3), true)) == "(ref null 3)");
  CHECK(to_string(ValType::ref(HeapType::concrete(3), false)) == "(ref 3)");
  CHECK(to_string(FuncType{{kI32, kI64}, {kF32}}) == "[i32 i64] -> [f32]");
  CHECK(to_string(FuncType{}) == "[] -> []");
  CHECK(to_string(MemoryType{.limits = {1, 2}, .address = AddressType::I64, .is_shared = true}) ==
        "i64 1 2 shared");
  CHECK(to_string(MemoryType{.limits = {1, {}}, .page_size_log2 = 0}) == "1 (pagesize 1)");
  CHECK(to_string(TableType{.element = kExternRef, .limits = {0, 5}}) == "0 5 externref");
  CHECK(to_string(GlobalType{.value = kF64, .is_mutable = true}) == "(mut f64)");
  CHECK(to_string(ExternKind::Tag) == "tag");
  CHECK(to_string(wasm::SectionId::Tag) == "tag");
  CHECK(to_string(wasm::SectionId::DataCount) == "data count");
}

TEST_CASE("a value type keeps its parts") {
  for (const bool nullable : {false, true}) {
    const ValType concrete = ValType::ref(HeapType::concrete(HeapType::kMaxIndex), nullable);
    CHECK(concrete.is_ref());
    CHECK(concrete.nullable() == nullable);
    CHECK(concrete.heap() == HeapType::concrete(HeapType::kMaxIndex));
    CHECK(concrete.is_defaultable() == nullable);
  }
  CHECK(ValType().is_bottom());
  CHECK(ValType(ValKind::I8).unpacked() == kI32);
  CHECK(kV128.slots() == 2);
  CHECK(kI64.size_bytes() == 8);
}

TEST_CASE("features have names that lead back to them") {
  for (uint32_t i = 1; i < kFeatureCount; ++i) {
    const auto feature = static_cast<Feature>(i);
    CHECK(feature_from_name(to_string(feature)) == feature);
    CHECK_FALSE(describe(feature).empty());
    Features features = Features::mvp();
    CHECK_FALSE(features.has(feature));
    features.set(feature);
    CHECK(features.has(feature));
    CHECK(features != Features::mvp());
    CHECK(Features::all().has(feature));
  }
  CHECK_FALSE(feature_from_name("no-such-thing").has_value());
  CHECK_FALSE(Features().has(Feature::LegacyExceptions));
  CHECK(Features().has(Feature::Gc));
}

TEST_CASE("traps have the suite's words") {
  CHECK(to_string(TrapCode::Unreachable) == "unreachable");
  CHECK(to_string(TrapCode::MemoryOutOfBounds) == "out of bounds memory access");
  CHECK(to_string(TrapCode::Exit) == "exit");
}

}  // namespace brink
