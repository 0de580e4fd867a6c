// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/artifact/unwind_table.h"

#include <cstring>

#include "engine/support/byte_writer.h"

namespace brink::compile::artifact {
namespace {

using support::ByteWriter;

// DWARF's words.
constexpr uint8_t kAdvanceLocation = 0x40;  // | bytes
constexpr uint8_t kOffset = 0x80;           // | register
constexpr uint8_t kDefineCfa = 0x0c;
constexpr uint8_t kDefineCfaOffset = 0x0e;
constexpr uint8_t kRelativeSigned4 = 0x1b;  // DW_EH_PE_pcrel | DW_EH_PE_sdata4
constexpr uint8_t kStackPointer = 7;
constexpr uint8_t kReturnAddress = 16;
constexpr uint32_t kReturnAddressBytes = 8;

/// Entries begin with their size and are filled up with no-operations, which are zeros.
std::vector<uint8_t> finish_entry(ByteWriter entry) {
  while ((entry.size() + sizeof(uint32_t)) % 8 != 0) entry.write_u8(0);
  ByteWriter sized;
  sized.write_fixed(static_cast<uint32_t>(entry.size()));
  sized.write_bytes(entry.bytes());
  return sized.take();
}

/// What all functions have in common: at the entry the return address is all there is.
std::vector<uint8_t> make_common_entry() {
  ByteWriter entry;
  entry.write_fixed(uint32_t{0});  // a common entry
  entry.write_u8(1);               // version
  entry.write_bytes(std::span(reinterpret_cast<const uint8_t*>("zR"), 3));
  entry.write_u32(1);   // unit of code offsets
  entry.write_s32(-8);  // unit of data offsets
  entry.write_u8(kReturnAddress);
  entry.write_u32(1);  // size of the augmentation
  entry.write_u8(kRelativeSigned4);
  entry.write_u8(kDefineCfa);
  entry.write_u32(kStackPointer);
  entry.write_u32(kReturnAddressBytes);
  entry.write_u8(kOffset | kReturnAddress);
  entry.write_u32(1);
  return finish_entry(std::move(entry));
}

/// Bytes of the instruction that makes the frame, when the function begins with it; else 0: then
/// the frame counts from the first instruction on.
uint8_t frame_instruction_bytes(std::span<const uint8_t> code) {
  struct Form {
    uint8_t bytes[3];
    uint8_t length;
  };
  static constexpr Form kForms[] = {
      {{0x48, 0x83, 0xec}, 4},  // sub rsp, imm8
      {{0x48, 0x81, 0xec}, 7},  // sub rsp, imm32
  };
  for (const Form& form : kForms)
    if (code.size() >= form.length && std::memcmp(code.data(), form.bytes, sizeof form.bytes) == 0)
      return form.length;
  return 0;
}

std::vector<uint8_t> make_function_entry(const FunctionRow& function, std::span<const uint8_t> text,
                                         uint64_t entry_address, uint64_t section_address,
                                         uint64_t text_address) {
  // Distances are from the field they are in: behind the size, and behind that.
  const uint64_t common_field = entry_address + sizeof(uint32_t);
  const uint64_t start_field = common_field + sizeof(uint32_t);
  ByteWriter entry;
  entry.write_fixed(static_cast<uint32_t>(common_field - section_address));
  entry.write_fixed(static_cast<uint32_t>(text_address + function.text_offset - start_field));
  entry.write_fixed(function.code_bytes);
  entry.write_u32(0);  // size of the augmentation
  if (function.frame_bytes != 0) {
    const auto code = text.subspan(function.text_offset, function.code_bytes);
    entry.write_u8(kAdvanceLocation | frame_instruction_bytes(code));
    entry.write_u8(kDefineCfaOffset);
    entry.write_u32(function.frame_bytes + kReturnAddressBytes);
  }
  return finish_entry(std::move(entry));
}

}  // namespace

std::vector<uint8_t> make_unwind_table(std::span<const FunctionRow> functions,
                                       std::span<const uint8_t> text, uint64_t section_address,
                                       uint64_t text_address) {
  ByteWriter table;
  table.write_bytes(make_common_entry());
  for (const FunctionRow& function : functions) {
    if (function.size == 0) continue;
    table.write_bytes(make_function_entry(function, text, section_address + table.size(),
                                          section_address, text_address));
  }
  table.write_fixed(uint32_t{0});  // the end
  return table.take();
}

}  // namespace brink::compile::artifact
