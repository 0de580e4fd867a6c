// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Bytes into the reader of artifacts, once as they are and once with a checksum that is right, so
// that the checks behind it are reached. Whatever is accepted is read to the last index. Then the
// same as if it had been made for this engine into Module::deserialize: the module in it is decoded
// and validated, its code mapped and published. Nothing of it is called, as it is machine code.

#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "brink/engine.h"
#include "engine/api/ahead_of_time.h"
#include "engine/compile/artifact/checksum.h"
#include "engine/compile/artifact/reader.h"
#include "engine/compile/runtime/compiled_module.h"
#include "engine/support/check.h"

namespace {

using namespace brink;
using namespace brink::compile;

void read_function(const CodeView& code, const artifact::Info& info) {
  BRINK_CHECK(code.code_bytes <= code.code.size() && code.entry_check <= code.code_bytes);
  for (const CodeSite& site : code.sites) {
    BRINK_CHECK(site.offset <= code.code_bytes);
    for (uint32_t p = site.position; p != ir::kNoPosition; p = code.positions[p].caller)
      BRINK_CHECK(p < code.positions.size() &&
                  code.positions[p].function_index < info.function_count);
  }
  for (const CodeMap& map : code.maps)
    for (const uint32_t slot : code.map_slots.subspan(map.first_slot, map.slot_count))
      BRINK_CHECK(slot < code.frame_bytes);
  for (const CodeLanding& landing : code.landings) {
    BRINK_CHECK(landing.landing < code.code_bytes);
    for (const auto& clause : code.clauses.subspan(landing.first_clause, landing.clause_count))
      BRINK_CHECK(clause.tag_index == ir::HandlerClause::kAll || clause.tag_index < info.tag_count);
  }
}

void open(std::span<const uint8_t> file) {
  const auto opened = artifact::Artifact::open(file, artifact::Check::Everything);
  if (!opened) {
    BRINK_CHECK(opened.error().kind() == ErrorKind::Artifact && !opened.error().message().empty());
    return;
  }
  BRINK_CHECK(opened->data_area().size() <= opened->info().data_bytes);
  for (uint32_t i = 0; i < opened->defined_functions(); ++i) {
    const artifact::FunctionRow& row = opened->functions()[i];
    BRINK_CHECK(uint64_t{row.body_offset} + row.body_size <= opened->module_bytes().size());
    read_function(opened->function(i), opened->info());
  }
}

/// Makes the checksum right.
void seal(std::vector<uint8_t>& file) {
  const artifact::Checksum checksum = artifact::checksum_of_file(file);
  std::memcpy(file.data() + artifact::kInfoOffset + offsetof(artifact::Info, checksum), &checksum,
              sizeof checksum);
}

const Engine& engine_for_loading() {
  static const Engine engine = [] {
    EngineConfig config;
    config.features = Features::all();
    return Engine(config);
  }();
  return engine;
}

/// Every function that is published is found again by its address.
void find_functions(const Module& module) {
  const CompiledModule& compiled = compiled_module(*module.state());
  const wasm::Module& decoded = module.decoded();
  for (uint32_t i = decoded.imported_functions; i < decoded.functions.size(); ++i) {
    if (!compiled.is_compiled(i)) continue;
    const auto found = compiled.find(compiled.entry(i));
    BRINK_CHECK(found.has_value() && found->object.function_index == i);
  }
}

void load(std::vector<uint8_t> file) {
  const artifact::Target target =
      api::target_of(engine_for_loading().config(), platform::cpu_features());
  std::memcpy(file.data() + artifact::kInfoOffset + offsetof(artifact::Info, target), &target,
              sizeof target);
  seal(file);
  const Result<Module> module = Module::deserialize(engine_for_loading(), file);
  if (module.has_value()) find_functions(*module);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint8_t> file(data, data + size);
  open(file);
  if (size < artifact::kInfoOffset + sizeof(artifact::Info)) return 0;
  seal(file);
  open(file);
  load(std::move(file));
  return 0;
}
