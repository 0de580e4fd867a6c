// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/validate/body_validator.h"

#include <fmt/format.h>

#include "engine/support/trace.h"
#include "engine/support/try.h"
#include "engine/validate/body_decoder.h"
#include "engine/validate/module_validator.h"

namespace brink::validate {
namespace {

/// Why an instruction may not stand in a constant expression (spec: constant expressions); empty
/// if it may.
std::string_view why_not_constant(Opcode opcode, Features features) {
  const OpcodeInfo& row = info(opcode);
  if (opcode != Opcode::End && !row.is_constant()) return "is not constant";
  if (row.cls == OpClass::Binary && !features.has(Feature::ExtendedConst))
    return "needs the feature 'extended-const', which is off";
  return {};
}

}  // namespace

struct BodyValidator::Impl {
  explicit Impl(const wasm::Module& module) : decoder(module, sink) {}

  NullSink sink;
  FunctionBodyDecoder<NullSink> decoder;
  FuncType constant_type{{}, {kI32}};
};

BodyValidator::BodyValidator(wasm::Module& module)
    : module_(module), impl_(std::make_unique<Impl>(module)) {}

BodyValidator::~BodyValidator() = default;

Status validate_body(const wasm::Module& module, uint32_t function_index) {
  NullSink sink;
  return FunctionBodyDecoder<NullSink>(module, sink).decode(function_index);
}

Status BodyValidator::check_body(uint32_t function_index) {
  BRINK_TRY(impl_->decoder.decode(function_index));
  BRINK_TRACE(Validate, "func {}: {} bytes", function_index,
              module_.functions[function_index].body.size);
  return {};
}

Status BodyValidator::check_constant(wasm::ConstExpr expression, ValType expected,
                                     uint32_t visible_globals) {
  BRINK_TRY(check_is_constant(expression, visible_globals));
  impl_->constant_type.results[0] = expected;
  return impl_->decoder.decode_expression(expression, impl_->constant_type);
}

Status BodyValidator::check_is_constant(wasm::ConstExpr expression, uint32_t visible_globals) {
  support::ByteReader reader(module_.view(expression), expression.offset);
  decode::InstructionReader instructions(reader, module_.features);
  Instruction instruction;
  const std::string_view hint = module_.features.has(Feature::Gc)
                                    ? ""
                                    : "; globals of the module itself need the feature 'gc'";
  while (!reader.at_end() && instructions.read(instruction)) {
    const uint32_t index = instruction.index;
    const std::string_view reason = why_not_constant(instruction.opcode, module_.features);
    if (!reason.empty())
      return make_error(
          ErrorKind::Invalid,
          fmt::format("constant expression required: {} {}", mnemonic(instruction.opcode), reason),
          instruction.offset);
    if (instruction.opcode == Opcode::GlobalGet) {
      if (index >= visible_globals)
        return make_error(ErrorKind::Invalid,
                          fmt::format("unknown global {} in a constant expression{}", index, hint),
                          instruction.offset);
      if (module_.globals[index].type.is_mutable)
        return make_error(ErrorKind::Invalid,
                          fmt::format("constant expression required: global {} is mutable", index),
                          instruction.offset);
    }
    if (instruction.opcode == Opcode::RefFunc && index < module_.functions.size())
      module_.declared_functions[index] = true;
  }
  return reader.status();
}

}  // namespace brink::validate
