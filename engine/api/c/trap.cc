// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Traps and their frames.

#include "brink/trap.h"

#include <algorithm>

#include "engine/api/c/handles.h"
#include "engine/runtime/module_state.h"
#include "engine/runtime/store_state.h"

using brink::Frame;
using brink::Trap;
using brink::TrapCode;

/// Keeps the instance's handle, which wasm_frame_instance only lends.
struct wasm_frame_t {
  wasm_frame_t(std::shared_ptr<brink::capi::StoreBox> store, const Frame& frame) : frame(frame) {
    if (frame.instance != nullptr)
      instance =
          std::make_unique<wasm_instance_t>(std::move(store), brink::Instance(frame.instance));
  }
  Frame frame;
  std::unique_ptr<wasm_instance_t> instance;  ///< null if unknown
};

void wasm_frame_delete(wasm_frame_t* frame) {
  delete frame;
}
wasm_frame_t* wasm_frame_copy(const wasm_frame_t* frame) {
  return new wasm_frame_t(frame->instance ? frame->instance->store : nullptr, frame->frame);
}
struct wasm_instance_t* wasm_frame_instance(const wasm_frame_t* frame) {
  return frame->instance.get();
}
uint32_t wasm_frame_func_index(const wasm_frame_t* frame) {
  return frame->frame.function_index;
}
size_t wasm_frame_func_offset(const wasm_frame_t* frame) {
  if (frame->instance == nullptr) return 0;
  const brink::Module module = frame->instance->get().module();
  const brink::wasm::Function& function = module.decoded().functions[frame->frame.function_index];
  return frame->frame.offset - std::min(function.body.offset, frame->frame.offset);
}
size_t wasm_frame_module_offset(const wasm_frame_t* frame) {
  return frame->frame.offset;
}
const char* brink_frame_func_name(const wasm_frame_t* frame) {
  return frame->frame.function_name.c_str();
}
const char* brink_frame_module_name(const wasm_frame_t* frame) {
  return frame->frame.module_name.c_str();
}

// ---- traps ----

namespace {

/// With the null character that ends it.
void to_message(const std::string& text, wasm_message_t* out) {
  wasm_name_new(out, text.size() + 1, text.c_str());
}

}  // namespace

wasm_trap_t* wasm_trap_new(wasm_store_t* store, const wasm_message_t* message) {
  std::string text(message->data, message->size);
  if (!text.empty() && text.back() == '\0') text.pop_back();
  return new wasm_trap_t(store->box, brink::make_trap(std::move(text)).error());
}

void wasm_trap_message(const wasm_trap_t* trap, wasm_message_t* out) {
  to_message(trap->get().message, out);
}

wasm_frame_t* wasm_trap_origin(const wasm_trap_t* trap) {
  const auto& frames = trap->get().backtrace;
  return frames.empty() ? nullptr : new wasm_frame_t(trap->store, frames.front());
}

void wasm_trap_trace(const wasm_trap_t* trap, wasm_frame_vec_t* out) {
  const auto& frames = trap->get().backtrace;
  wasm_frame_vec_new_uninitialized(out, frames.size());
  for (size_t i = 0; i < frames.size(); ++i)
    out->data[i] = new wasm_frame_t(trap->store, frames[i]);
}

int brink_trap_code(const wasm_trap_t* trap) {
  return static_cast<int>(trap->get().code);
}

const char* brink_trap_code_message(int code) {
  if (code < 0 || code > static_cast<int>(TrapCode::Exit)) return "";
  // The messages are literals, so they end with a null character.
  return brink::to_string(static_cast<TrapCode>(code)).data();
}

bool brink_trap_exit_status(const wasm_trap_t* trap, int32_t* status) {
  const Trap& content = trap->get();
  if (content.code != TrapCode::Exit) return false;
  *status = content.exit_code;
  return true;
}

void brink_trap_to_string(const wasm_trap_t* trap, wasm_message_t* out) {
  to_message(trap->get().to_string(), out);
}

// ---- what a reference refers to ----

int brink_ref_kind(const wasm_ref_t* ref) {
  using brink::AbstractHeapType;
  using brink::capi::RefKind;
  if (ref->kind != RefKind::Other) return static_cast<int>(ref->kind);
  const brink::Value& value = static_cast<const brink::capi::OtherRef*>(ref)->get();
  const brink::HeapType type = ref->store->store.dynamic_type(value);
  const brink::TypeRegistry& types = ref->store->store.state()->types();
  if (type.is(AbstractHeapType::I31)) return BRINK_REF_I31;
  if (types.top(type) == AbstractHeapType::Exn) return BRINK_REF_EXN;
  if (types.matches(type, AbstractHeapType::Struct)) return BRINK_REF_STRUCT;
  if (types.matches(type, AbstractHeapType::Array)) return BRINK_REF_ARRAY;
  return BRINK_REF_OTHER;
}
