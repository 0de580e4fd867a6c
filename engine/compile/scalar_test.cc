// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Every instruction on i32, i64, f32 and f64, compiled and executed, against engine/semantics: with
// operands in registers, constant and in memory; comparisons as values, as branches and in selects;
// for a plain processor and for this one.

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include "engine/compile/compiler.h"
#include "engine/compile/x64/native_code_for_test.h"
#include "engine/decode/module_decoder.h"
#include "engine/semantics/convert.h"
#include "engine/semantics/float.h"
#include "engine/semantics/integer.h"
#include "engine/semantics/relaxed_simd.h"
#include "engine/semantics/simd_convert.h"
#include "engine/semantics/simd_float.h"
#include "engine/semantics/simd_integer.h"
#include "engine/semantics/simd_lane.h"
#include "engine/semantics/simd_width.h"
#include "engine/semantics/test_values.h"
#include "engine/semantics/wide.h"
#include "engine/text/parse.h"
#include "engine/validate/module_validator.h"

namespace brink::compile {
namespace {

using semantics::test::Bits;
using semantics::test::bits;
using x64::NativeCode;

template <typename T>
std::string type_name() {
  if constexpr (std::is_same_v<T, uint32_t>) return "i32";
  if constexpr (std::is_same_v<T, uint64_t>) return "i64";
  if constexpr (std::is_same_v<T, float>) return "f32";
  if constexpr (std::is_same_v<T, double>) return "f64";
}
template <typename T>
constexpr bool is_float = std::is_floating_point_v<T>;

/// A constant by its bits; the compiler folds the reinterpretation.
template <typename T>
std::string constant(T value) {
  const auto pattern = bits(value);
  if constexpr (std::is_same_v<T, float>)
    return fmt::format("(f32.reinterpret_i32 (i32.const {}))", pattern);
  else if constexpr (std::is_same_v<T, double>)
    return fmt::format("(f64.reinterpret_i64 (i64.const {}))", pattern);
  else
    return fmt::format("({}.const {})", type_name<T>(), pattern);
}

template <typename T>
std::string load(uint32_t offset) {
  return fmt::format("({}.load offset={} (i32.const 0))", type_name<T>(), offset);
}

constexpr const char* kFirst = "(local.get 0)";
constexpr const char* kSecond = "(local.get 1)";

/// Functions of a module, compiled for one kind of processor.
class Program {
 public:
  Program(const std::string& functions, platform::CpuFeatures cpu) {
    const auto parsed = text::parse_module("(module (memory 1) " + functions + ")");
    REQUIRE(parsed.has_value());
    auto decoded = decode::decode_module(
        std::make_shared<const std::vector<uint8_t>>(parsed->bytes), Features::all());
    REQUIRE(decoded.has_value());
    module_ = *std::move(decoded);
    REQUIRE(validate::validate_module(module_, std::make_shared<TypeRegistry>()).has_value());
    runtime::ObjectLayouts layouts(*module_.registry);
    const EngineConfig config;
    const ModuleContext context{module_, config, layouts, cpu, {true}};
    std::vector<CodeObject> code;
    for (uint32_t i = 0; i < module_.functions.size(); ++i) {
      auto object = compile_function(context, i);
      REQUIRE(object.has_value());
      code.push_back(*std::move(object));
    }
    const DataArea area{static_cast<uint32_t>(module_.functions.size()),
                        static_cast<uint32_t>(module_.types.size())};
    code_ = std::make_unique<NativeCode>(area, code, memory_);
  }
  NativeCode::Outcome call(size_t function, uint64_t a, uint64_t b) {
    std::memcpy(memory_, &a, sizeof(a));
    std::memcpy(memory_ + 8, &b, sizeof(b));
    return code_->call(function, a, b);
  }

 private:
  wasm::Module module_;
  alignas(16) uint8_t memory_[64] = {};
  std::unique_ptr<NativeCode> code_;
};

struct Expected {
  TrapCode trap = TrapCode::None;
  uint64_t result = 0;
};

/// The oracle with one or two operands, with or without a trap.
template <typename R, typename A>
Expected expect(R (*f)(A), A a, A) {
  return {TrapCode::None, bits(f(a))};
}
template <typename R, typename A>
  requires(!std::is_reference_v<A>)
Expected expect(R (*f)(A, A), A a, A b) {
  return {TrapCode::None, bits(f(a, b))};
}
template <typename A, typename R>
Expected expect(TrapCode (*f)(A, R&), A a, A) {
  R result{};
  const TrapCode trap = f(a, result);
  return {trap, trap == TrapCode::None ? bits(result) : 0};
}
template <typename A, typename R>
Expected expect(TrapCode (*f)(A, A, R&), A a, A b) {
  R result{};
  const TrapCode trap = f(a, b, result);
  return {trap, trap == TrapCode::None ? bits(result) : 0};
}

template <typename T>
constexpr bool is_scalar = std::is_same_v<T, uint32_t> || std::is_same_v<T, uint64_t> ||
                           is_float<T> || std::is_same_v<T, TrapCode>;

/// Whether all that a function takes and gives are numbers, and the type of its operands.
template <typename F>
struct Facts;
template <typename R, typename A, typename... B>
struct Facts<R (*)(A, B...)> {
  using Operand = A;
  static constexpr bool kIsScalar =
      is_scalar<R> && is_scalar<A> && (is_scalar<std::remove_reference_t<B>> && ...);
};

struct Shape {
  bool is_binary;
  bool is_compare;
  ValKind result;
};

Shape shape_of(Opcode opcode) {
  const OpcodeInfo& facts = info(opcode);
  return {facts.signature.operand_count == 2,
          facts.cls == OpClass::Compare || facts.cls == OpClass::Test,
          static_cast<ValKind>(facts.signature.results[0])};
}

template <typename A>
bool same(uint64_t got, uint64_t want, ValKind kind) {
  const auto is_nan32 = [](uint64_t x) { return (x & 0x7fffffff) > 0x7f800000; };
  const auto is_nan64 = [](uint64_t x) { return (x & ~(uint64_t{1} << 63)) > 0x7ff0000000000000; };
  // Which of two NaNs goes on is up to the order of operands that a C++ compiler chose.
  if (kind == ValKind::F32) {
    got &= 0xffffffff;
    if (is_nan32(want)) return is_nan32(got) && (got & 0x400000) == (want & 0x400000);
  }
  if (kind == ValKind::F64 && is_nan64(want))
    return is_nan64(got) && (got & (uint64_t{1} << 51)) == (want & (uint64_t{1} << 51));
  return got == want;
}

template <typename A>
class Check {
 public:
  Check(Opcode opcode, Expected (*oracle)(A, A)) : opcode_(opcode), oracle_(oracle) {}

  void run() {
    const Shape shape = shape_of(opcode_);
    values_ = semantics::test::edges<A>();
    if constexpr (!is_float<A>)
      for (const uint64_t more : {5, 6, 10, 11, 25, 100, 641, 1000, 1000000007, 123456789})
        values_.push_back(static_cast<A>(more));
    for (const platform::CpuFeatures cpu : {platform::CpuFeatures(), platform::cpu_features()}) {
      cpu_ = cpu;
      operands(kFirst, kSecond, false, false);
      operands(load<A>(0), shape.is_binary ? kSecond : "", false, false);
      if (shape.is_binary) operands(kFirst, load<A>(8), false, false);
      // Divisors decide about the code; of other constants no more than their size does.
      const size_t step = info(opcode_).may_trap() && shape.is_binary ? 1 : 5;
      for (size_t i = 0; i < values_.size(); i += step) {
        const A value = values_[i];
        fixed_ = value;
        operands(constant(value), kSecond, true, false);
        if (shape.is_binary) operands(kFirst, constant(value), false, true);
      }
      flush();
    }
  }

 private:
  struct Variant {
    bool is_first_fixed;
    bool is_second_fixed;
    A fixed;
  };

  /// The instruction with these operands, as a value and, if it is a condition, in its other uses.
  void operands(const std::string& a, const std::string& b, bool first, bool second) {
    const Shape shape = shape_of(opcode_);
    const std::string head =
        fmt::format("(func (param {0} {0}) (result {1}) ", type_name<A>(), result_name(shape));
    const std::string value =
        fmt::format("({} {} {})", mnemonic(opcode_), a, shape.is_binary ? b : "");
    add(head + value + ")", first, second);
    if (!shape.is_compare) return;
    add(head + "(if (result i32) " + value +
            " (then (i32.store offset=32 (i32.const 0) (i32.const 1)) (i32.const 1))"
            " (else (i32.store offset=32 (i32.const 0) (i32.const 0)) (i32.const 0))))",
        first, second);
    add(head + "(i32.sub (i32.const 9) (select (i32.const 8) (i32.const 9) " + value + ")))", first,
        second);
    add(head + "(i32.trunc_f64_s (select (f64.const 1) (f64.const 0) " + value + ")))", first,
        second);
  }

  void add(const std::string& function, bool first, bool second) {
    text_ += function;
    variants_.push_back({first, second, fixed_});
  }

  void flush() {
    Program program(text_, cpu_);
    for (size_t i = 0; i < variants_.size(); ++i) {
      const Variant& variant = variants_[i];
      for (const A a : values_)
        for (const A b : values_) {
          if (!shape_of(opcode_).is_binary && bits(b) != bits(values_[0])) break;
          compare(program, i, variant.is_first_fixed ? variant.fixed : a,
                  variant.is_second_fixed ? variant.fixed : b);
          if (variant.is_second_fixed) break;
        }
    }
    text_.clear();
    variants_.clear();
  }

  void compare(Program& program, size_t function, A a, A b) {
    const Expected want = oracle_(a, b);
    const NativeCode::Outcome got = program.call(function, bits(a), bits(b));
    const ValKind kind = shape_of(opcode_).result;
    const bool is_vector = kind == ValKind::F32 || kind == ValKind::F64;
    const uint64_t result = is_vector ? got.vector : got.integer;
    const bool is_right = got.trap == want.trap &&
                          (want.trap != TrapCode::None || same<A>(result, want.result, kind));
    if (is_right) return;
    FAIL_CHECK(fmt::format("{} {:#x} {:#x}, variant {}: {:#x} trap {}, not {:#x} trap {}",
                           mnemonic(opcode_), bits(a), bits(b), function, result,
                           static_cast<int>(got.trap), want.result, static_cast<int>(want.trap)));
  }

  static std::string_view result_name(const Shape& shape) {
    switch (shape.result) {
      case ValKind::I32: return "i32";
      case ValKind::I64: return "i64";
      case ValKind::F32: return "f32";
      default: return "f64";
    }
  }

  Opcode opcode_;
  Expected (*oracle_)(A, A);
  platform::CpuFeatures cpu_;
  std::vector<A> values_;
  A fixed_{};
  std::string text_;
  std::vector<Variant> variants_;
};

template <auto kFunction>
void check_operation(Opcode opcode) {
  using F = Facts<decltype(kFunction)>;
  if constexpr (F::kIsScalar) {
    using A = typename F::Operand;
    Check<A>(opcode, [](A a, A b) { return expect(kFunction, a, b); }).run();
  }
}

TEST_CASE("compiled scalar instructions do what their semantics say") {
#define BRINK_SEMANTICS(id, function) check_operation<&semantics::function>(Opcode::id);
#include "engine/semantics/operations.def"
#undef BRINK_SEMANTICS
}

}  // namespace
}  // namespace brink::compile
