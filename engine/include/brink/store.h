// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// A Store owns everything that instances of a guest are made of. It belongs to one thread at a
// time. Func, Table, Memory, Global, Tag and Instance are small handles into it, valid as long as
// it lives; copying one copies the handle.

#ifndef BRINK_STORE_H_
#define BRINK_STORE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "brink/engine.h"
#include "brink/error.h"
#include "brink/trap.h"
#include "brink/types.h"
#include "brink/value.h"

namespace brink {

namespace runtime {
struct FuncObject;
struct TableObject;
struct MemoryObject;
struct GlobalObject;
struct TagObject;
struct InstanceObject;
struct StoreState;
}  // namespace runtime

class Store;
class Instance;
class Resumer;

/// One line of a backtrace.
struct Frame {
  std::string module_name;
  std::string function_name;  ///< from the name section or the export; empty if unknown
  uint32_t function_index = 0;
  uint32_t offset = 0;  ///< of the instruction, from the start of the module
  runtime::InstanceObject* instance = nullptr;  ///< null if unknown; see Instance
};

/// Why a call did not return (spec: traps). `code` Exit carries the exit status the guest asked
/// for.
struct Trap {
  TrapCode code = TrapCode::None;
  std::string message;           ///< starts with to_string(code), or the host's own words
  std::vector<Frame> backtrace;  ///< innermost first
  int32_t exit_code = 0;         ///< for TrapCode::Exit
  /// For TrapCode::UncaughtException: the exception (see Store::exception_tag). A host function
  /// that returns the trap to its caller throws the exception on. The latest exception that left a
  /// guest lives as long as the store; root() keeps others.
  Value exception = {};
  /// "wasm trap: ... \n  0: ..." for people, without a final line break.
  std::string to_string() const;
};

/// What a call gives: results, or the trap that ended it.
template <typename T>
using CallResult = std::expected<T, Trap>;

/// Makes the trap that a host function returns to stop the guest with `message`.
std::unexpected<Trap> make_trap(std::string message, TrapCode code = TrapCode::HostError);
/// Ends the guest as if it had returned from its start function with this exit status.
std::unexpected<Trap> make_exit(int32_t exit_code);

/// Limits on what the guests of a store may hold. Reaching one is a trap or a failed grow, never an
/// abort.
struct StoreLimits {
  /// For guests of somebody who may mean harm, many of them in a process.
  static StoreLimits strict();

  uint64_t max_memory_bytes = ~uint64_t{0};  ///< of each memory
  uint64_t max_table_elements = 10'000'000;  ///< of each table
  uint32_t max_instances = 10'000;
  uint32_t max_memories = 10'000;
  uint32_t max_tables = 10'000;
  uint64_t max_stack_bytes = uint64_t{1} << 20;    ///< of guest frames
  uint64_t max_gc_heap_bytes = uint64_t{1} << 30;  ///< of garbage-collected objects; 4 GiB at most
};

/// A shared memory (spec: threads) apart from any store, to be handed to another thread. It lives
/// as long as a handle or a store has it.
class SharedMemory {
 public:
  explicit SharedMemory(std::shared_ptr<runtime::MemoryObject> object)
      : object_(std::move(object)) {}
  const std::shared_ptr<runtime::MemoryObject>& object() const { return object_; }

 private:
  std::shared_ptr<runtime::MemoryObject> object_;
};

class Memory {
 public:
  static Result<Memory> create(Store& store, const MemoryType& type);
  /// The same memory in another store, which may belong to another thread. Guests synchronize with
  /// atomic instructions; who reads data() meanwhile has to do the same. An Error if the stores'
  /// engines differ in how they guard memories.
  static Result<Memory> from_shared(Store& store, const SharedMemory& memory);
  /// What other stores can have of it; nullopt unless its type is shared.
  std::optional<SharedMemory> share() const;
  MemoryType type() const;
  uint64_t size_pages() const;
  uint64_t size_bytes() const;
  /// All bytes of it, valid until the next grow (the start never moves for 32-bit memories).
  std::span<uint8_t> data() const;
  /// The bytes [offset, offset + size), or nullopt if they are not all inside.
  std::optional<std::span<uint8_t>> slice(uint64_t offset, uint64_t size) const;
  /// The same as text.
  std::optional<std::string_view> text(uint64_t offset, uint64_t size) const;
  /// `count` values of a plain type, or nullopt if they are not all inside, or not aligned to it.
  template <typename T>
  std::optional<std::span<T>> view(uint64_t offset, uint64_t count) const;
  /// One value of a plain type, aligned or not; nullopt if it is not inside.
  template <typename T>
  std::optional<T> read(uint64_t offset) const;
  /// False, and nothing written, if it is not inside.
  template <typename T>
  bool write(uint64_t offset, const T& value) const;
  /// To be called before a range is given to the kernel to write to, as to read(2). It would refuse
  /// pages of a pooled instance that nobody has written yet (see brink/pool.h); code need not ask.
  Status make_writable(uint64_t offset, uint64_t size) const;
  /// Whether make_writable() has anything to do.
  bool tracks_writes() const;
  /// The previous size in pages; nullopt when a limit forbids it.
  std::optional<uint64_t> grow(uint64_t delta_pages) const;
  explicit Memory(runtime::MemoryObject* object) : object_(object) {}
  runtime::MemoryObject* object() const { return object_; }

 private:
  runtime::MemoryObject* object_;
};

class Table {
 public:
  static Result<Table> create(Store& store, const TableType& type, const Value& init);
  TableType type() const;
  uint64_t size() const;
  std::optional<Value> get(uint64_t index) const;
  Status set(uint64_t index, const Value& value) const;
  std::optional<uint64_t> grow(uint64_t delta, const Value& init) const;
  explicit Table(runtime::TableObject* object) : object_(object) {}
  runtime::TableObject* object() const { return object_; }

 private:
  runtime::TableObject* object_;
};

class Global {
 public:
  static Result<Global> create(Store& store, const GlobalType& type, const Value& init);
  GlobalType type() const;
  Value get() const;
  Status set(const Value& value) const;
  explicit Global(runtime::GlobalObject* object) : object_(object) {}
  runtime::GlobalObject* object() const { return object_; }

 private:
  runtime::GlobalObject* object_;
};

class Tag {
 public:
  static Tag create(Store& store, const TagType& type);
  TagType type() const;
  explicit Tag(runtime::TagObject* object) : object_(object) {}
  runtime::TagObject* object() const { return object_; }

 private:
  runtime::TagObject* object_;
};

/// What a host function sees of its caller.
class Caller {
 public:
  Store& store() const { return store_; }
  /// The memory exported as "memory" by the calling instance, if it exports one.
  std::optional<Memory> memory() const;
  std::optional<Instance> instance() const;

  /// Suspends the guest, if it was called through an AsyncCall (brink/async.h), until somebody
  /// resumes it. `when_suspended` is called with what does that, after the guest has stopped and
  /// before anybody else can resume it. A trap, to be returned at once: the call was cancelled, or
  /// it is not one that can be suspended.
  CallResult<void> suspend(std::function<void(Resumer)> when_suspended = {});
  /// Suspends the guest until something that `co_await` takes is there. Include brink/async.h.
  template <typename Awaitable>
  auto await(Awaitable awaitable);
  Caller(Store& store, runtime::InstanceObject* instance) : store_(store), instance_(instance) {}

 private:
  Store& store_;
  runtime::InstanceObject* instance_;
};

/// A host function with boxed arguments: fills `results`, which hold default values of their types.
using HostCallback =
    std::function<CallResult<void>(Caller&, std::span<const Value> args, std::span<Value> results)>;

template <typename Signature>
class TypedFunc;

class Func {
 public:
  /// A host function of any signature.
  static Func create(Store& store, const FuncType& type, HostCallback callback);
  /// A host function from a callable with a C++ signature, e.g. `[](Caller&, int32_t) -> int64_t`.
  /// Parameters: optionally Caller& first, then int32_t, uint32_t, int64_t, uint64_t, float,
  /// double, V128. Result: void, one of these, a std::tuple of these, or CallResult of any of that.
  /// A std::string_view, std::span<const uint8_t> or std::span<uint8_t> among the parameters stands
  /// for two of the guest's, i32 address and i32 size, and is what lies there in the memory that
  /// the caller exports as "memory"; if it does not lie inside, the guest traps. No value is boxed
  /// on the way (typed_func.h).
  template <typename F>
  static Func wrap(Store& store, F&& function);

  FuncType type() const;
  /// Calls it with arguments that must fit its type (else TrapCode::HostError).
  CallResult<std::vector<Value>> call(std::span<const Value> args) const;
  /// As call(), without allocation: results go to `results`, which must have the right size.
  CallResult<void> call(std::span<const Value> args, std::span<Value> results) const;
  /// With C++ values: `add.call<int32_t(int32_t, int32_t)>(2, 3)`. A trap if its type is another.
  template <typename Signature, typename... Args>
  auto call(const Args&... args) const;
  /// The same for many calls: the type is compared once.
  template <typename Signature>
  Result<TypedFunc<Signature>> typed() const;
  /// The reference to it as a value.
  Value to_value() const;
  /// The function that a non-null funcref value refers to.
  static std::optional<Func> from_value(const Value& value);

  explicit Func(runtime::FuncObject* object) : object_(object) {}
  runtime::FuncObject* object() const { return object_; }

 private:
  runtime::FuncObject* object_;
};

/// What an instance exports and a linker defines.
class Extern {
 public:
  Extern(Func v) : value_(v) {}    // NOLINT: implicit by design
  Extern(Table v) : value_(v) {}   // NOLINT
  Extern(Memory v) : value_(v) {}  // NOLINT
  Extern(Global v) : value_(v) {}  // NOLINT
  Extern(Tag v) : value_(v) {}     // NOLINT

  ExternKind kind() const { return static_cast<ExternKind>(value_.index()); }
  ExternType type() const;
  std::optional<Func> func() const { return get<Func>(); }
  std::optional<Table> table() const { return get<Table>(); }
  std::optional<Memory> memory() const { return get<Memory>(); }
  std::optional<Global> global() const { return get<Global>(); }
  std::optional<Tag> tag() const { return get<Tag>(); }

 private:
  template <typename T>
  std::optional<T> get() const {
    const T* value = std::get_if<T>(&value_);
    return value ? std::optional<T>(*value) : std::nullopt;
  }
  std::variant<Func, Table, Memory, Global, Tag> value_;
};

/// Why instantiation did not succeed: the imports do not fit, or the start function (or a segment)
/// trapped.
using InstantiateError = std::variant<Error, Trap>;

class Instance {
 public:
  /// `imports` in the order of Module::imports().
  static std::expected<Instance, InstantiateError> create(Store& store, const Module& module,
                                                          std::span<const Extern> imports);
  std::optional<Extern> find_export(std::string_view name) const;
  std::optional<Func> func(std::string_view name) const;
  std::optional<Memory> memory(std::string_view name) const;
  std::optional<Table> table(std::string_view name) const;
  std::optional<Global> global(std::string_view name) const;
  Module module() const;
  explicit Instance(runtime::InstanceObject* object) : object_(object) {}
  runtime::InstanceObject* object() const { return object_; }

 private:
  runtime::InstanceObject* object_;
};

/// What an instance has cost so far.
struct InstanceMetrics {
  std::chrono::nanoseconds instantiate_time{0};  ///< with the start function
  std::chrono::nanoseconds run_time{0};          ///< of the host's calls
  uint64_t calls = 0;                            ///< of the host
  uint64_t traps = 0;                            ///< that ended them; an exit is none
  uint64_t fuel_used = 0;                        ///< where fuel is counted
  uint64_t peak_memory_bytes = 0;                ///< of all its memories
};

enum class MetricsEvent : uint8_t { Instantiated, Returned, Trapped };

/// Told after instantiation and after each call by the host; not of calls that host functions make.
using MetricsCallback =
    std::function<void(MetricsEvent, const Instance& instance, const InstanceMetrics& so_far)>;

/// Owns instances and all they are made of.
class Store {
 public:
  explicit Store(const Engine& engine, StoreLimits limits = {});
  ~Store();
  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;

  const Engine& engine() const;
  const StoreLimits& limits() const;

  /// Something of the host's for its functions to find, e.g. the request that the guest works on. A
  /// pooled store lets go of it when its instance is given back.
  void set_data(std::shared_ptr<void> data);
  /// Null if there is none.
  void* data() const;

  /// Fuel left to the guests; needs EngineConfig::consume_fuel. Running out is TrapCode::OutOfFuel.
  void set_fuel(uint64_t fuel);
  uint64_t fuel() const;

  /// Guests still running at that moment trap with TrapCode::DeadlineExceeded.
  void set_deadline(std::chrono::steady_clock::time_point when);
  void clear_deadline();

  /// Stops whatever runs in this store, now or at its next call, with TrapCode::Interrupted. May be
  /// called from any thread and from a signal handler while the store lives.
  class Canceller {
   public:
    void cancel() const;

   private:
    friend class Store;
    explicit Canceller(std::shared_ptr<runtime::StoreState> state) : state_(std::move(state)) {}
    std::shared_ptr<runtime::StoreState> state_;
  };
  Canceller canceller() const;

  /// From now on tells what instances cost. Without a callback nothing is measured.
  void set_metrics(MetricsCallback callback);

  /// An external reference (spec: externref) that carries `data`; the store keeps it alive.
  Value extern_ref(std::shared_ptr<void> data);
  /// What an externref made by extern_ref carries; null for a null reference.
  std::shared_ptr<void> extern_data(const Value& value) const;

  /// The most precise heap type that is known of a reference now: of an anyref, say, whether it is
  /// an i31, or the concrete type of a struct. The value's own type if it is null or no reference.
  HeapType dynamic_type(const Value& value) const;

  /// Throws an exception: the trap that a host function returns.
  std::unexpected<Trap> throw_exception(const Tag& tag, std::span<const Value> payload);
  /// Of a non-null exnref.
  Tag exception_tag(const Value& exception) const;
  std::vector<Value> exception_payload(const Value& exception) const;

  /// Keeps what a reference leads to alive while the handle lives. Without one, a reference that
  /// the host got as a result is good until the next call returns results, and an argument of a
  /// host function until that returns.
  class Root {
   public:
    const Value& value() const { return value_; }
    Root(Root&& other) noexcept;
    Root& operator=(Root&& other) noexcept;
    ~Root();

   private:
    friend class Store;
    Root(std::shared_ptr<runtime::StoreState> state, const Value& value);
    std::shared_ptr<runtime::StoreState> state_;
    Value value_;
    size_t index_ = 0;
  };
  Root root(const Value& value);
  /// Frees what no root leads to, now instead of when it is worth while.
  void collect_garbage();
  /// Bytes of garbage-collected objects, garbage since the last collection included.
  uint64_t gc_heap_bytes() const;

  const std::shared_ptr<runtime::StoreState>& state() const { return state_; }

 private:
  std::shared_ptr<runtime::StoreState> state_;
};

}  // namespace brink

#include "brink/typed_func.h"  // Func::wrap

#endif  // BRINK_STORE_H_
