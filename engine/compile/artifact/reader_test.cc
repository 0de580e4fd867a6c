// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/compile/artifact/reader.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "engine/compile/artifact/checksum.h"
#include "engine/compile/artifact/target.h"
#include "engine/compile/artifact/test_artifact.h"

namespace brink::compile::artifact {
namespace {

/// Messages, or "" for bytes that are accepted.
std::string error_of(std::span<const uint8_t> bytes) {
  // Copied to the heap, so that a sanitizer sees every step outside.
  const std::vector<uint8_t> copy(bytes.begin(), bytes.end());
  const Result<Artifact> artifact = Artifact::open(copy, Check::Everything);
  if (artifact.has_value()) return "";
  CHECK(artifact.error().kind() == ErrorKind::Artifact);
  return artifact.error().message();
}

Info info_of(const std::vector<uint8_t>& bytes) {
  Info info;
  std::memcpy(&info, bytes.data() + kInfoOffset, sizeof info);
  return info;
}

void set_info(std::vector<uint8_t>& bytes, const Info& info) {
  std::memcpy(bytes.data() + kInfoOffset, &info, sizeof info);
}

/// Makes the checksum right again, so that what is behind it is tested.
void seal(std::vector<uint8_t>& bytes) {
  Info info = info_of(bytes);
  info.checksum = checksum_of_file(bytes);
  set_info(bytes, info);
}

/// Follows every index of every view.
uint64_t read_all(const Artifact& artifact) {
  uint64_t sum = 0;
  for (const uint8_t byte : artifact.module_bytes()) sum += byte;
  for (uint32_t i = 0; i < artifact.defined_functions(); ++i) {
    const CodeView code = artifact.function(i);
    const FunctionRow& row = artifact.functions()[i];
    for (const uint8_t byte : artifact.module_bytes().subspan(row.body_offset, row.body_size))
      sum += byte;
    for (const uint8_t byte : code.code.first(code.code_bytes)) sum += byte;
    for (const CodeSite& site : code.sites)
      for (uint32_t p = site.position; p != ir::kNoPosition; p = code.positions[p].caller) ++sum;
    for (const CodeMap& map : code.maps)
      for (const uint32_t slot : code.map_slots.subspan(map.first_slot, map.slot_count))
        sum += slot;
    for (const CodeLanding& landing : code.landings)
      for (const auto& clause : code.clauses.subspan(landing.first_clause, landing.clause_count))
        sum += clause.tag_index + code.code[landing.landing];
  }
  return sum;
}

TEST_CASE("an artifact cut anywhere is refused", "[artifact]") {
  const std::vector<uint8_t> bytes = TestArtifact().write();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const std::string error = error_of(std::span(bytes).first(size));
    REQUIRE_FALSE(error.empty());
    if (size >= 4) REQUIRE(error.find("truncated") != std::string::npos);
  }
}

TEST_CASE("an artifact with any byte changed is refused", "[artifact]") {
  std::vector<uint8_t> bytes = TestArtifact().write();
  for (size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] ^= 0x10;
    REQUIRE_FALSE(error_of(bytes).empty());
    bytes[i] ^= 0x10;
  }
  bytes.push_back(0);
  CHECK(error_of(bytes).find("1 bytes too many") != std::string::npos);
}

TEST_CASE("tables stay inside the file whatever they say", "[artifact]") {
  const std::vector<uint8_t> good = TestArtifact().write();
  const Info info = info_of(good);
  // The header and all tables: everything that is followed.
  const size_t end = info.module.offset;
  uint64_t sum = 0;
  uint32_t refused = 0;
  for (size_t i = 0; i < end; ++i) {
    for (const uint8_t flip : {0x01, 0x08, 0x80, 0xff}) {
      std::vector<uint8_t> bytes = good;
      bytes[i] ^= flip;
      seal(bytes);
      const Result<Artifact> artifact = Artifact::open(bytes, Check::Everything);
      if (artifact.has_value())
        sum += read_all(*artifact);
      else
        ++refused;
    }
  }
  CHECK(sum > 0);
  CHECK(refused > 1000);
}

TEST_CASE("foreign files are called what they are", "[artifact]") {
  const uint8_t wasm[] = {0, 'a', 's', 'm', 1, 0, 0, 0};
  CHECK(error_of(wasm) == "not a Brink artifact: it is a WebAssembly module");
  CHECK(error_of({}) == "not a Brink artifact: it is empty");
  std::vector<uint8_t> program = TestArtifact().write();
  std::memset(program.data() + kInfoOffset, 0, sizeof kMagic);
  CHECK(error_of(program) ==
        "not a Brink artifact: it is an ELF file of another kind, such as a native program");
}

TEST_CASE("other versions of the format are stale, not damaged", "[artifact]") {
  std::vector<uint8_t> bytes = TestArtifact().write();
  Info info = info_of(bytes);
  info.format_version = kFormatVersion + 1;
  set_info(bytes, info);
  CHECK(error_of(bytes).find("stale: it has version 3 of the format") == 0);
}

TEST_CASE("another architecture is named", "[artifact]") {
  constexpr size_t kMachine = offsetof(elf::Header, machine);
  std::vector<uint8_t> bytes = TestArtifact().write();
  bytes[kMachine] = 183;
  seal(bytes);
  CHECK(error_of(bytes) ==
        "it is for another architecture (ELF machine 183, not 62); compile the module again with "
        "'brink compile'");
}

TEST_CASE("the target must fit", "[artifact]") {
  const TestArtifact made;
  const Info info = info_of(made.write());
  Target host = made.target;
  const auto error = [&] {
    const Status status = check_target(info, host, "2.0.0");
    return status.has_value() ? std::string() : status.error().message();
  };
  CHECK(error().empty());
  host.cpu_features |= 8;
  CHECK(error().empty());
  host.cpu_features = 1;
  CHECK(error().find("this processor lacks sse4.1;") == 0);
  host.cpu_features = 5;
  host.features = 1;
  CHECK(error().find("made with WebAssembly features that are switched off") == 0);
  host.features = 3;
  host.guarded_memories = 0;
  CHECK(error().find("the code relies on address space that is reserved behind memories, this "
                     "engine checks every access;") == 0);
  host = made.target;
  host.consume_fuel = 1;
  CHECK(error().find("the code counts no fuel, this engine counts fuel") == 0);
  host.fingerprint = 7;
  CHECK(error().find("stale: made by brink 1.2.3 (build 0000000000001234), this is brink 2.0.0") ==
        0);
}

TEST_CASE("bytes that are not aligned are a misuse", "[artifact]") {
  std::vector<uint8_t> bytes = TestArtifact().write();
  bytes.insert(bytes.begin(), 0);
  const Result<Artifact> artifact =
      Artifact::open(std::span<const uint8_t>(bytes).subspan(1), Check::Everything);
  REQUIRE_FALSE(artifact.has_value());
  CHECK(artifact.error().kind() == ErrorKind::Usage);
}

}  // namespace
}  // namespace brink::compile::artifact
