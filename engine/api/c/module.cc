// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Modules. wasm_module_serialize writes an artifact, compiled code with the module in it; where
// there is no compiler, or the engine does not use it, the module's binary behind a header:
//
//     "\0brk"  version, 4 bytes  wasm binary

#include <algorithm>
#include <cstring>

#include "engine/api/c/handles.h"
#include "engine/api/c/types.h"
#include "engine/runtime/module_state.h"
#include "engine/text/parse.h"

using brink::Module;
using brink::Result;

namespace {

constexpr uint8_t kSerializedHeader[] = {0, 'b', 'r', 'k', 1, 0, 0, 0};

std::span<const uint8_t> bytes_of(const wasm_byte_vec_t& vec) {
  return {reinterpret_cast<const uint8_t*>(vec.data), vec.size};
}
std::span<const uint8_t> bytes_of(const char* bytes, size_t size) {
  return {reinterpret_cast<const uint8_t*>(bytes), size};
}

wasm_module_t* to_module(Result<Module> module) {
  if (module.has_value()) return new wasm_module_t(*std::move(module));
  brink::capi::set_last_error(module.error().to_string());
  return nullptr;
}

void to_name(std::string_view text, wasm_name_t* out) {
  wasm_name_new(out, text.size(), text.data());
}

}  // namespace

wasm_module_t* wasm_module_new(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  return to_module(Module::compile_binary(store->get().engine(), bytes_of(*binary)));
}

bool wasm_module_validate(wasm_store_t* store, const wasm_byte_vec_t* binary) {
  const brink::Status status = Module::validate(store->get().engine(), bytes_of(*binary));
  if (!status.has_value()) brink::capi::set_last_error(status.error().to_string());
  return status.has_value();
}

wasm_module_t* brink_module_new(wasm_store_t* store, const char* bytes, size_t size) {
  return to_module(Module::compile(store->get().engine(), bytes_of(bytes, size)));
}

wasm_module_t* brink_module_from_file(wasm_store_t* store, const char* path) {
  return to_module(Module::from_file(store->get().engine(), path));
}

const char* brink_module_name(const wasm_module_t* module) {
  return module->get().name().c_str();
}

void wasm_module_imports(const wasm_module_t* module, wasm_importtype_vec_t* out) {
  const std::vector<brink::ImportType> imports = module->get().imports();
  const brink::TypeRegistry& types = *module->get().engine().state()->registry;
  wasm_importtype_vec_new_uninitialized(out, imports.size());
  for (size_t i = 0; i < imports.size(); ++i) {
    wasm_name_t module_name;
    wasm_name_t name;
    to_name(imports[i].module, &module_name);
    to_name(imports[i].name, &name);
    out->data[i] = wasm_importtype_new(&module_name, &name,
                                       brink::capi::to_externtype(types, imports[i].type));
  }
}

void wasm_module_exports(const wasm_module_t* module, wasm_exporttype_vec_t* out) {
  const std::vector<brink::ExportType> exports = module->get().exports();
  const brink::TypeRegistry& types = *module->get().engine().state()->registry;
  wasm_exporttype_vec_new_uninitialized(out, exports.size());
  for (size_t i = 0; i < exports.size(); ++i) {
    wasm_name_t name;
    to_name(exports[i].name, &name);
    out->data[i] = wasm_exporttype_new(&name, brink::capi::to_externtype(types, exports[i].type));
  }
}

// ---- serialization ----

void wasm_module_serialize(const wasm_module_t* module, wasm_byte_vec_t* out) {
  if (brink::Engine::has_compiler() &&
      module->get().engine().config().tier != brink::Tier::Interpreter) {
    if (const Result<std::vector<uint8_t>> artifact = module->get().serialize()) {
      wasm_byte_vec_new_uninitialized(out, artifact->size());
      std::copy(artifact->begin(), artifact->end(), out->data);
      return;
    }
  }
  const std::span<const uint8_t> binary = module->get().decoded().bytes;
  wasm_byte_vec_new_uninitialized(out, sizeof kSerializedHeader + binary.size());
  std::memcpy(out->data, kSerializedHeader, sizeof kSerializedHeader);
  std::memcpy(out->data + sizeof kSerializedHeader, binary.data(), binary.size());
}

wasm_module_t* wasm_module_deserialize(wasm_store_t* store, const wasm_byte_vec_t* serialized) {
  const std::span<const uint8_t> bytes = bytes_of(*serialized);
  if (brink::is_artifact(bytes))
    return to_module(Module::deserialize(store->get().engine(), bytes));
  if (bytes.size() < sizeof kSerializedHeader ||
      !std::equal(kSerializedHeader, kSerializedHeader + sizeof kSerializedHeader, bytes.data())) {
    brink::capi::set_last_error("not a serialized module of this engine");
    return nullptr;
  }
  return to_module(
      Module::compile_binary(store->get().engine(), bytes.subspan(sizeof kSerializedHeader)));
}

bool brink_wat2wasm(const char* text, size_t size, wasm_byte_vec_t* out) {
  brink::Result<brink::text::ParsedModule> parsed =
      brink::text::parse_module(std::string_view(text, size), {.emit_names = true});
  if (!parsed.has_value()) {
    brink::capi::set_last_error(parsed.error().to_string());
    return false;
  }
  wasm_byte_vec_new_uninitialized(out, parsed->bytes.size());
  std::copy(parsed->bytes.begin(), parsed->bytes.end(), out->data);
  return true;
}

// ---- sharing with other stores ----

wasm_shared_module_t* wasm_module_share(const wasm_module_t* module) {
  return new wasm_shared_module_t{module->get()};
}

wasm_module_t* wasm_module_obtain(wasm_store_t* store, const wasm_shared_module_t* shared) {
  const brink::Engine& engine = store->get().engine();
  if (shared->module.engine().state() == engine.state()) return new wasm_module_t(shared->module);
  return to_module(
      Module::compile_binary(engine, shared->module.decoded().bytes, shared->module.name()));
}

void wasm_shared_module_delete(wasm_shared_module_t* shared) {
  delete shared;
}
