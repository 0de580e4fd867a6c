// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/artifact/linker.h"

#include <cstring>
#include <unordered_map>

#include "engine/support/check.h"
#include "engine/support/try.h"

namespace brink::compile::artifact {
namespace {

constexpr uint8_t kTrapByte = 0xcc;  // int3

class Linker {
 public:
  explicit Linker(const LinkInput& input) : input_(input) {
    linked_.data_bytes = round_up(input.area.size(), kPageBytes);
  }

  Result<LinkedCode> run() {
    BRINK_TRY(place_functions());
    for (const CodeObject& object : input_.code)
      for (const Relocation& relocation : object.relocations) resolve(object, relocation);
    linked_.used_bytes = linked_.text.size();
    linked_.text.resize(round_up(linked_.used_bytes, kPageBytes), kTrapByte);
    if (linked_.data_bytes + linked_.text.size() > kMaxLoadedBytes) return too_large();
    return std::move(linked_);
  }

 private:
  static std::unexpected<Error> too_large() {
    return make_error(ErrorKind::Limit, "the compiled code of the module exceeds 2 GiB");
  }

  // Functions that were not compiled get an empty place between their neighbours, so that places
  // ascend with the index and an address is found by binary search.
  Status place_functions() {
    const uint32_t defined = input_.area.functions - input_.imported_functions;
    uint64_t bytes = 0;
    for (const CodeObject& object : input_.code)
      bytes += round_up(object.code.size() + 1, kFunctionAlignment);
    if (bytes > kMaxLoadedBytes) return too_large();
    linked_.text.reserve(round_up(bytes, kPageBytes));
    linked_.functions.resize(size_t{defined} + 1);
    const CodeObject* next = input_.code.data();
    const CodeObject* const end = next + input_.code.size();
    FunctionRow row;
    for (uint32_t i = 0; i < defined; ++i) {
      row.text_offset = static_cast<uint32_t>(linked_.text.size());
      const bool is_compiled = next != end && next->function_index == input_.imported_functions + i;
      linked_.functions[i] = is_compiled ? describe(*next, row) : row;
      if (!is_compiled) continue;
      append(next->code);
      skip_tables(*next, row);
      ++next;
    }
    BRINK_CHECK(next == end);
    row.text_offset = static_cast<uint32_t>(linked_.text.size());
    linked_.functions[defined] = row;
    return {};
  }

  static FunctionRow describe(const CodeObject& object, FunctionRow row) {
    row.size = static_cast<uint32_t>(object.code.size());
    row.code_bytes = object.code_bytes;
    row.frame_bytes = object.frame_bytes;
    row.entry_check = object.entry_check;
    return row;
  }

  static void skip_tables(const CodeObject& object, FunctionRow& row) {
    row.first_site += static_cast<uint32_t>(object.sites.size());
    row.first_map += static_cast<uint32_t>(object.maps.size());
    row.first_map_slot += static_cast<uint32_t>(object.map_slots.size());
    row.first_landing += static_cast<uint32_t>(object.landings.size());
    row.first_clause += static_cast<uint32_t>(object.clauses.size());
    row.first_position += static_cast<uint32_t>(object.positions.size());
  }

  void append(std::span<const uint8_t> code) {
    linked_.text.insert(linked_.text.end(), code.begin(), code.end());
    // At least one: a return address behind a function's last call is not yet the next function's.
    linked_.text.push_back(kTrapByte);
    linked_.text.resize(round_up(linked_.text.size(), kFunctionAlignment), kTrapByte);
  }

  const FunctionRow& row(uint32_t function_index) const {
    return linked_.functions[function_index - input_.imported_functions];
  }

  // The target's distance from the start of the text; negative in the data area.
  int64_t target(const Relocation& relocation) {
    const int64_t area = -static_cast<int64_t>(linked_.data_bytes);
    const auto slot = [&](uint64_t offset) { return area + static_cast<int64_t>(offset); };
    switch (relocation.kind) {
      case RelocationKind::Entry: return slot(input_.area.entry(relocation.index));
      case RelocationKind::Stub: return slot(input_.area.stub(static_cast<Stub>(relocation.index)));
      case RelocationKind::Trap:
        return slot(input_.area.trap(static_cast<TrapCode>(relocation.index)));
      case RelocationKind::TypeId: return slot(input_.area.type_id(relocation.index));
      case RelocationKind::Direct: return direct_target(relocation.index);
    }
    BRINK_UNREACHABLE();
  }

  int64_t direct_target(uint32_t function_index) {
    if (function_index >= input_.imported_functions && row(function_index).size != 0)
      return row(function_index).text_offset;
    const auto [place, is_new] = detours_.try_emplace(function_index, linked_.text.size());
    if (is_new) append_detour(function_index);
    return static_cast<int64_t>(place->second);
  }

  // For direct calls of a function that was not compiled after all: says who is called and goes on
  // through its entry slot.
  //     41 BA imm32    mov r10d, 2 * index + 1
  //     FF 25 disp32   jmp [rip + entry slot]
  void append_detour(uint32_t function_index) {
    const uint64_t place = linked_.text.size();
    uint8_t code[12] = {0x41, 0xba, 0, 0, 0, 0, 0xff, 0x25, 0, 0, 0, 0};
    const uint32_t callee = 2 * function_index + 1;
    const auto displacement =
        static_cast<int32_t>(static_cast<int64_t>(input_.area.entry(function_index)) -
                             static_cast<int64_t>(linked_.data_bytes + place + sizeof code));
    std::memcpy(code + 2, &callee, sizeof callee);
    std::memcpy(code + 8, &displacement, sizeof displacement);
    append(code);
  }

  void resolve(const CodeObject& object, const Relocation& relocation) {
    BRINK_CHECK(relocation.offset + sizeof(int32_t) <= object.code.size());
    const uint64_t field = uint64_t{row(object.function_index).text_offset} + relocation.offset;
    const int64_t distance =
        target(relocation) + relocation.addend - static_cast<int64_t>(field + sizeof(int32_t));
    const auto value = static_cast<int32_t>(distance);
    std::memcpy(linked_.text.data() + field, &value, sizeof value);
  }

  const LinkInput& input_;
  LinkedCode linked_;
  std::unordered_map<uint32_t, uint64_t> detours_;  // text offsets by function
};

}  // namespace

Result<LinkedCode> link(const LinkInput& input) {
  return Linker(input).run();
}

}  // namespace brink::compile::artifact
