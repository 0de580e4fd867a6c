// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/artifact/writer.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>

#include "engine/compile/artifact/linker.h"
#include "engine/compile/artifact/reader.h"
#include "engine/compile/artifact/test_artifact.h"

namespace brink::compile::artifact {
namespace {

/// Where the 32-bit displacement at `field` leads, from the start of the text.
int64_t target_of(std::span<const uint8_t> text, uint32_t field, uint32_t behind = 0) {
  int32_t displacement = 0;
  std::memcpy(&displacement, text.data() + field, sizeof displacement);
  return int64_t{field} + 4 + behind + displacement;
}

TEST_CASE("what is written is read", "[artifact]") {
  const TestArtifact made;
  const std::vector<uint8_t> bytes = made.write();
  const Result<Artifact> artifact = Artifact::open(bytes, Check::Everything);
  REQUIRE(artifact.has_value());
  CHECK(std::ranges::equal(artifact->module_bytes(), made.module));
  CHECK(artifact->info().compiled_functions == 2);
  CHECK(artifact->info().target.fingerprint == 0x1234);
  CHECK(std::string(artifact->info().engine_version) == "1.2.3");
  REQUIRE(artifact->defined_functions() == 3);

  const CodeView caller = artifact->function(0);
  const CodeObject& object = made.code[0];
  CHECK(caller.function_index == 2);
  CHECK(caller.code.size() == object.code.size());
  CHECK(caller.code_bytes == object.code_bytes);
  CHECK(caller.frame_bytes == object.frame_bytes);
  CHECK(caller.entry_check == object.entry_check);
  REQUIRE(caller.sites.size() == 3);
  CHECK(caller.sites[1].offset == 14);
  REQUIRE(caller.maps.size() == 2);
  CHECK(std::ranges::equal(caller.map_slots, object.map_slots));
  REQUIRE(caller.landings.size() == 1);
  CHECK(caller.landings[0].landing == 42);
  CHECK(caller.clauses.size() == 2);
  CHECK(caller.positions.size() == 2);

  const CodeView interpreted = artifact->function(1);
  CHECK(interpreted.function_index == 3);
  CHECK(interpreted.code.empty());
  CHECK(interpreted.sites.empty());

  const CodeView callee = artifact->function(2);
  CHECK(std::ranges::equal(callee.code, made.code[1].code));
  REQUIRE(callee.positions.size() == 1);
  CHECK(callee.positions[0].offset == 6);
}

TEST_CASE("relocations lead to the data area, to functions, and around those not compiled",
          "[artifact]") {
  const TestArtifact made;
  const std::vector<uint8_t> bytes = made.write();
  const Artifact artifact = *Artifact::open(bytes, Check::Everything);
  const std::span<const uint8_t> text = artifact.text();
  const DataArea area = artifact.data_area();
  const auto data = -static_cast<int64_t>(artifact.info().data_bytes);
  REQUIRE(artifact.functions()[0].text_offset == 0);
  CHECK(target_of(text, TestArtifact::kDirectField) == artifact.functions()[2].text_offset);
  CHECK(target_of(text, TestArtifact::kEntryField) == data + int64_t(area.entry(3)));
  CHECK(target_of(text, TestArtifact::kStubField) == data + int64_t(area.stub(Stub::Interrupt)));
  CHECK(target_of(text, TestArtifact::kTrapField) ==
        data + int64_t(area.trap(TrapCode::Unreachable)));
  // The addend stands for the immediate behind the displacement.
  CHECK(target_of(text, TestArtifact::kTypeField, 4) == data + int64_t(area.type_id(1)));

  const int64_t detour = target_of(text, TestArtifact::kDetourField);
  REQUIRE(detour > artifact.functions()[2].text_offset);
  const auto place = static_cast<uint32_t>(detour);
  const uint8_t mov[] = {0x41, 0xba, 2 * 3 + 1, 0, 0, 0, 0xff, 0x25};
  CHECK(std::equal(std::begin(mov), std::end(mov), text.begin() + place));
  CHECK(target_of(text, place + 8) == data + int64_t(area.entry(3)));
  CHECK(text.back() == 0xcc);
  CHECK(text.size() % kPageBytes == 0);
}

TEST_CASE("bytes depend on the input alone", "[artifact]") {
  CHECK(TestArtifact().write() == TestArtifact().write());
  TestArtifact other;
  other.target.fingerprint = 9;
  CHECK(other.write() != TestArtifact().write());
}

TEST_CASE("a module without any compiled function", "[artifact]") {
  TestArtifact made;
  made.code.clear();
  const std::vector<uint8_t> bytes = made.write();
  const Result<Artifact> artifact = Artifact::open(bytes, Check::Everything);
  REQUIRE(artifact.has_value());
  CHECK(artifact->text().empty());
  CHECK(artifact->function(2).code.empty());
}

TEST_CASE("names of sections and symbols", "[artifact]") {
  const std::vector<uint8_t> bytes = TestArtifact().write();
  elf::Header header;
  std::memcpy(&header, bytes.data(), sizeof header);
  std::vector<elf::SectionHeader> sections(header.section_header_count);
  std::memcpy(sections.data(), bytes.data() + header.section_headers,
              sections.size() * sizeof(elf::SectionHeader));
  const auto text_at = [&](const elf::SectionHeader& strings, uint32_t offset) {
    return std::string(reinterpret_cast<const char*>(bytes.data() + strings.offset + offset));
  };
  std::vector<std::string> names;
  for (const elf::SectionHeader& section : sections)
    names.push_back(text_at(sections[header.name_section], section.name));
  const std::vector<std::string> expected = {"",
                                             ".brink.info",
                                             ".brink.functions",
                                             ".brink.sites",
                                             ".brink.maps",
                                             ".brink.map_slots",
                                             ".brink.landings",
                                             ".brink.clauses",
                                             ".brink.positions",
                                             ".brink.module",
                                             ".eh_frame",
                                             ".symtab",
                                             ".strtab",
                                             ".shstrtab",
                                             ".brink.data",
                                             ".text"};
  CHECK(names == expected);
  const auto symtab = std::ranges::find(names, ".symtab") - names.begin();
  const elf::SectionHeader& symbols = sections[static_cast<size_t>(symtab)];
  REQUIRE(symbols.size == 3 * sizeof(elf::Symbol));
  elf::Symbol symbol[3];
  std::memcpy(symbol, bytes.data() + symbols.offset, sizeof symbol);
  CHECK(text_at(sections[symbols.link], symbol[1].name) == "caller");
  CHECK(text_at(sections[symbols.link], symbol[2].name) == "wasm-function[4]");
  CHECK(names[symbol[1].section] == ".text");
  CHECK(symbol[1].address == sections[symbol[1].section].address);
}

}  // namespace
}  // namespace brink::compile::artifact
