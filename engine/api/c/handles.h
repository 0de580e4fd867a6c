// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// What stands behind the pointers of wasm.h and brink.h.
//
// Every reference is one struct, whatever it refers to, so that seeing a function as an extern or
// an extern as a reference is a cast of the same pointer:
//
//     wasm_ref_t <- wasm_extern_t <- wasm_func_t, wasm_global_t, wasm_table_t, wasm_memory_t
//               <- wasm_instance_t, wasm_module_t, wasm_trap_t, wasm_foreign_t, OtherRef
//
// A reference to an object of a store shares the ownership of that store (StoreBox); modules, traps
// and foreign objects are counted themselves (Payload).
//
// Invariant: nothing that a store owns (callbacks, what externrefs carry) owns the store.

#ifndef BRINK_API_C_HANDLES_H_
#define BRINK_API_C_HANDLES_H_

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "brink.h"
#include "brink/linker.h"
#include "brink/store.h"
#include "engine/wasm/type_registry.h"
#include "wasm.h"

namespace brink::capi {

/// What a host attached to an object.
class HostInfo {
 public:
  HostInfo() = default;
  HostInfo(const HostInfo&) = delete;
  HostInfo& operator=(const HostInfo&) = delete;
  ~HostInfo() { set(nullptr, nullptr); }
  void set(void* info, void (*finalizer)(void*)) {
    void* const old = std::exchange(info_, info);
    if (auto* const finish = std::exchange(finalizer_, finalizer)) finish(old);
  }
  void* get() const { return info_; }

 private:
  void* info_ = nullptr;
  void (*finalizer_)(void*) = nullptr;
};

struct StoreBox : std::enable_shared_from_this<StoreBox> {
  StoreBox(const Engine& engine, StoreLimits limits) : store(engine, limits) {}

  Store store;
  std::unordered_map<const void*, HostInfo> host_info;    ///< by object of the store
  std::unordered_map<const void*, Value> foreign_values;  ///< the externref for each identity
};

enum class RefKind : uint8_t {
  Func,
  Global,
  Table,
  Memory,
  Tag,
  Instance,
  Module,
  Trap,
  Foreign,
  Other
};

/// What is counted by its references.
struct Payload {
  virtual ~Payload() = default;
  HostInfo host_info;
};
struct ModulePayload : Payload {
  explicit ModulePayload(Module module) : module(std::move(module)) {}
  Module module;
};
struct TrapPayload : Payload {
  explicit TrapPayload(Trap trap) : trap(std::move(trap)) {}
  Trap trap;
};
/// A garbage-collected value: struct, array, i31, exception.
struct OtherPayload : Payload {
  explicit OtherPayload(Store::Root root) : root(std::move(root)) {}
  Store::Root root;
};

}  // namespace brink::capi

struct wasm_ref_t {
  wasm_ref_t(brink::capi::RefKind kind, std::shared_ptr<brink::capi::StoreBox> store,
             const void* object)
      : kind(kind), store(std::move(store)), object(object) {}
  virtual ~wasm_ref_t() = default;
  virtual wasm_ref_t* clone() const = 0;

  brink::capi::RefKind kind;
  std::shared_ptr<brink::capi::StoreBox> store;   ///< null for modules and foreign objects
  const void* object;                             ///< its identity
  std::shared_ptr<brink::capi::Payload> payload;  ///< null for what a store owns

  brink::capi::HostInfo& host_info() const {
    return payload ? payload->host_info : store->host_info[object];
  }

 protected:
  wasm_ref_t(const wasm_ref_t&) = default;
};

struct wasm_extern_t : wasm_ref_t {
  using wasm_ref_t::wasm_ref_t;
  brink::Extern get() const;
};

#define BRINK_HANDLE(c_type, base, ref_kind, cpp_type, object_type)                          \
  struct c_type final : base {                                                               \
    c_type(std::shared_ptr<brink::capi::StoreBox> store, const cpp_type& item)               \
        : base(brink::capi::RefKind::ref_kind, std::move(store), item.object()) {}           \
    wasm_ref_t* clone() const override {                                                     \
      return new c_type(*this);                                                              \
    }                                                                                        \
    cpp_type get() const {                                                                   \
      return cpp_type(static_cast<brink::runtime::object_type*>(const_cast<void*>(object))); \
    }                                                                                        \
  };
BRINK_HANDLE(wasm_func_t, wasm_extern_t, Func, brink::Func, FuncObject)
BRINK_HANDLE(wasm_global_t, wasm_extern_t, Global, brink::Global, GlobalObject)
BRINK_HANDLE(wasm_table_t, wasm_extern_t, Table, brink::Table, TableObject)
BRINK_HANDLE(wasm_memory_t, wasm_extern_t, Memory, brink::Memory, MemoryObject)
BRINK_HANDLE(brink_tag_t, wasm_extern_t, Tag, brink::Tag, TagObject)
BRINK_HANDLE(wasm_instance_t, wasm_ref_t, Instance, brink::Instance, InstanceObject)
#undef BRINK_HANDLE

struct wasm_module_t final : wasm_ref_t {
  explicit wasm_module_t(brink::Module module);
  wasm_ref_t* clone() const override { return new wasm_module_t(*this); }
  const brink::Module& get() const {
    return static_cast<const brink::capi::ModulePayload&>(*payload).module;
  }
};

struct wasm_trap_t final : wasm_ref_t {
  wasm_trap_t(std::shared_ptr<brink::capi::StoreBox> store, brink::Trap trap);
  wasm_ref_t* clone() const override { return new wasm_trap_t(*this); }
  const brink::Trap& get() const {
    return static_cast<const brink::capi::TrapPayload&>(*payload).trap;
  }
};

struct wasm_foreign_t final : wasm_ref_t {
  wasm_foreign_t();
  wasm_ref_t* clone() const override { return new wasm_foreign_t(*this); }
};

struct wasm_config_t {
  brink::EngineConfig config;
};
struct wasm_engine_t {
  brink::Engine engine;
};
struct wasm_store_t {
  std::shared_ptr<brink::capi::StoreBox> box;
  brink::Store& get() const { return box->store; }
};
struct brink_linker_t {
  std::shared_ptr<brink::capi::StoreBox> box;
  brink::Linker linker;
};
struct wasm_shared_module_t {
  brink::Module module;
};

namespace brink::capi {

struct OtherRef final : wasm_ref_t {
  OtherRef(std::shared_ptr<StoreBox> store, const Value& value);
  wasm_ref_t* clone() const override { return new OtherRef(*this); }
  const Value& get() const { return static_cast<const OtherPayload&>(*payload).root.value(); }
};

/// Remembers, for brink_last_error, why a function of this thread fails.
void set_last_error(std::string message);

/// The value of this type that a reference is, null included; nullopt if it is none.
std::optional<Value> to_value(StoreBox& box, const wasm_ref_t* ref, ValType type);
/// The same of a value; numbers must have the right kind.
std::optional<Value> to_value(StoreBox& box, const wasm_val_t& value, ValType type);
/// An own reference; null for a null reference.
wasm_ref_t* to_ref(StoreBox& box, const Value& value);
/// False for a vector, which has no room in a wasm_val_t.
bool to_val(StoreBox& box, const Value& value, wasm_val_t* out);

/// An own extern.
wasm_extern_t* to_extern(StoreBox& box, const Extern& item);

/// What is left of a trap that is handed over: it is deleted.
Trap take_trap(wasm_trap_t* trap);

/// The last error of instantiation as a trap.
wasm_trap_t* to_trap(StoreBox& box, InstantiateError error);

/// What a C callback returns, null included.
using Callback = std::function<wasm_trap_t*(Caller&, const wasm_val_vec_t*, wasm_val_vec_t*)>;
Func make_func(StoreBox& box, const FuncType& type, Callback callback);

}  // namespace brink::capi

#endif  // BRINK_API_C_HANDLES_H_
