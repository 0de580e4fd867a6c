// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// A small artifact made by hand, with something in every table.

#ifndef BRINK_COMPILE_ARTIFACT_TEST_ARTIFACT_H_
#define BRINK_COMPILE_ARTIFACT_TEST_ARTIFACT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/compile/artifact/writer.h"

namespace brink::compile::artifact {

/// Functions 0 and 1 are imported, 2 and 4 compiled, 3 is not. Function 2 calls everybody.
struct TestArtifact {
  std::vector<uint8_t> module = {0, 'a', 's', 'm', 1, 0, 0, 0, 0xaa};
  std::vector<wasm::Function> functions = {{}, {}, {0, {8, 1}}, {0, {9, 0}}, {1, {0, 9}}};
  std::vector<CodeObject> code;
  std::vector<std::string> names = {"", "", "caller", "interpreted"};
  Target target = {.fingerprint = 0x1234, .cpu_features = 5, .features = 3, .guarded_memories = 1};

  TestArtifact() : code{make_caller(), make_callee()} {}

  WriterInput input() const {
    WriterInput input;
    input.module = module;
    input.functions = functions;
    input.code = code;
    input.area = {.functions = 5, .types = 2};
    input.imported_functions = 2;
    input.tag_count = 1;
    input.names = names;
    input.engine_version = "1.2.3";
    input.target = target;
    return input;
  }

  std::vector<uint8_t> write() const { return *write_artifact(input()); }

  static constexpr uint32_t kDirectField = 5;
  static constexpr uint32_t kDetourField = 10;
  static constexpr uint32_t kEntryField = 16;
  static constexpr uint32_t kStubField = 22;
  static constexpr uint32_t kTrapField = 28;
  static constexpr uint32_t kTypeField = 34;

 private:
  static CodeObject make_caller() {
    CodeObject object;
    object.function_index = 2;
    object.code = {
        0x48, 0x83, 0xec, 24,                    //  0 sub rsp, 24
        0xe8, 0,    0,    0,  0,                 //  4 call function 4
        0xe8, 0,    0,    0,  0,                 //  9 call function 3
        0xff, 0x15, 0,    0,  0, 0,              // 14 call [entry of function 3]
        0xff, 0x15, 0,    0,  0, 0,              // 20 call [stub]
        0xff, 0x15, 0,    0,  0, 0,              // 26 call [trap]
        0x81, 0x3d, 0,    0,  0, 0, 7, 0, 0, 0,  // 32 cmp dword [type], 7
        0x48, 0x83, 0xc4, 24,                    // 42 add rsp, 24
        0xc3,                                    // 46 ret
        0xcc,                                    // 47
    };
    object.code_bytes = 47;
    object.frame_bytes = 24;
    object.entry_check = 26;
    object.relocations = {
        {kDirectField, RelocationKind::Direct, 0, 4},
        {kDetourField, RelocationKind::Direct, 0, 3},
        {kEntryField, RelocationKind::Entry, 0, 3},
        {kStubField, RelocationKind::Stub, 0, static_cast<uint32_t>(Stub::Interrupt)},
        {kTrapField, RelocationKind::Trap, 0, static_cast<uint32_t>(TrapCode::Unreachable)},
        {kTypeField, RelocationKind::TypeId, -4, 1},
    };
    object.positions = {{4, 2, ir::kNoPosition}, {5, 4, 0}};
    object.sites = {{9, 0}, {14, 1}, {20, ir::kNoPosition}};
    object.map_slots = {0, 16, 8};
    object.maps = {{9, 0, 2}, {14, 2, 1}};
    object.clauses = {{0}, {ir::HandlerClause::kAll}};
    object.landings = {{14, 42, 0, 2}};
    return object;
  }

  static CodeObject make_callee() {
    CodeObject object;
    object.function_index = 4;
    object.code = {0xb8, 42, 0, 0, 0, 0xc3};  // mov eax, 42; ret
    object.code_bytes = 6;
    object.positions = {{6, 4, ir::kNoPosition}};
    object.sites = {{5, 0}};
    return object;
  }
};

}  // namespace brink::compile::artifact

#endif  // BRINK_COMPILE_ARTIFACT_TEST_ARTIFACT_H_
