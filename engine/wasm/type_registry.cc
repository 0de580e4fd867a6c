// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Hash-consing of recursive groups. A group's key is its definitions flattened into words, with a
// reference to a member of the group written relative to the group and any other reference written
// as a TypeId; two groups are equal exactly when their keys are.
//
// Interning takes a lock; reading does not. Types live in chunks that double in size and are never
// moved, so that a reader needs one acquire load to find a type:
//
//     chunk 0: ids 0..255 | chunk 1: 256..767 | chunk 2: 768..1791 | ...

#include "engine/wasm/type_registry.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <mutex>
#include <unordered_map>

#include "engine/platform/random.h"
#include "engine/support/check.h"

namespace brink {
namespace {

using Key = std::vector<uint32_t>;

/// Seeded, so that nobody can prepare types that collide.
struct KeyHash {
  uint64_t seed;
  size_t operator()(const Key& key) const {
    uint64_t hash = seed;
    for (const uint32_t word : key) {
      hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
      hash ^= hash >> 29;
    }
    return hash ^ key.size();
  }
};

/// How the concrete types of a group are numbered: see TypeRegistry::intern.
struct Numbering {
  uint32_t first_index = 0;
  std::span<const TypeId> earlier_ids;
  bool is_canonical = false;  ///< numbers are TypeIds already

  bool is_member(uint32_t index) const { return !is_canonical && index >= first_index; }
  TypeId id(uint32_t index, TypeId base) const {
    if (is_canonical) return index;
    return is_member(index) ? base + (index - first_index) : earlier_ids[index];
  }
};

/// Writes the key of a group. Every list is preceded by its length and every concrete reference is
/// two words, hence different groups have different keys.
class KeyWriter {
 public:
  KeyWriter(Key& key, const Numbering& numbering) : key_(key), numbering_(numbering) {}

  void write(const SubType& type) {
    key_.push_back(static_cast<uint32_t>(type.composite.index()) << 2 |
                   static_cast<uint32_t>(type.is_final) << 1 |
                   static_cast<uint32_t>(type.supertype.has_value()));
    if (type.supertype) write_index(*type.supertype);
    std::visit([this](const auto& composite) { write(composite); }, type.composite);
  }
  void write(const FuncType& type) {
    write(type.params);
    write(type.results);
  }

 private:
  void write(const std::vector<ValType>& types) {
    key_.push_back(static_cast<uint32_t>(types.size()));
    for (const ValType type : types) write(type);
  }
  void write(const StructType& type) {
    key_.push_back(static_cast<uint32_t>(type.fields.size()));
    for (const FieldType& field : type.fields) write(field);
  }
  void write(const ArrayType& type) { write(type.element); }
  void write(const FieldType& field) {
    key_.push_back(field.is_mutable);
    write(field.storage);
  }
  void write(ValType type) {
    if (!type.is_ref() || type.heap().is_abstract()) {
      key_.push_back(type.bits());
      return;
    }
    key_.push_back(ValType::ref(HeapType::concrete(0), type.nullable()).bits());
    write_index(type.heap().index());
  }
  void write_index(uint32_t index) {
    key_.push_back(numbering_.is_member(index) ? (index - numbering_.first_index) << 1 | 1
                                               : numbering_.id(index, 0) << 1);
  }

  Key& key_;
  const Numbering& numbering_;
};

/// Replaces the numbers in a definition by TypeIds.
class Canonicalizer {
 public:
  Canonicalizer(const Numbering& numbering, TypeId base) : numbering_(numbering), base_(base) {}

  SubType operator()(SubType type) const {
    if (type.supertype) type.supertype = numbering_.id(*type.supertype, base_);
    std::visit([this](auto& composite) { convert(composite); }, type.composite);
    return type;
  }

 private:
  void convert(FuncType& type) const {
    for (ValType& param : type.params) convert(param);
    for (ValType& result : type.results) convert(result);
  }
  void convert(StructType& type) const {
    for (FieldType& field : type.fields) convert(field.storage);
  }
  void convert(ArrayType& type) const { convert(type.element.storage); }
  void convert(ValType& type) const {
    if (type.is_ref() && type.heap().is_concrete())
      type = ValType::ref(HeapType::concrete(numbering_.id(type.heap().index(), base_)),
                          type.nullable());
  }

  const Numbering& numbering_;
  TypeId base_;
};

bool is_defaultable(const CompositeType& type) {
  if (const auto* array = std::get_if<ArrayType>(&type))
    return array->element.storage.is_defaultable();
  const auto* structure = std::get_if<StructType>(&type);
  return structure == nullptr || std::ranges::all_of(structure->fields, [](const FieldType& field) {
           return field.storage.is_defaultable();
         });
}

using enum AbstractHeapType;

/// Bit set over AbstractHeapType.
constexpr uint32_t set_of(std::initializer_list<AbstractHeapType> types) {
  uint32_t bits = 0;
  for (const AbstractHeapType type : types) bits |= 1u << static_cast<uint32_t>(type);
  return bits;
}
constexpr bool contains(uint32_t set, AbstractHeapType type) {
  return (set >> static_cast<uint32_t>(type)) & 1;
}

/// What is above an abstract heap type (itself included), and the top of its hierarchy.
struct Above {
  uint32_t types;
  AbstractHeapType top;
};

/// In the order of AbstractHeapType.
constexpr auto kAbove = std::to_array<Above>({
    {set_of({Func}), Func},
    {set_of({NoFunc, Func}), Func},
    {set_of({Extern}), Extern},
    {set_of({NoExtern, Extern}), Extern},
    {set_of({Any}), Any},
    {set_of({Eq, Any}), Any},
    {set_of({I31, Eq, Any}), Any},
    {set_of({Struct, Eq, Any}), Any},
    {set_of({Array, Eq, Any}), Any},
    {set_of({None, I31, Struct, Array, Eq, Any}), Any},
    {set_of({Exn}), Exn},
    {set_of({NoExn, Exn}), Exn},
    {~uint32_t{0}, Bottom},
});
constexpr const Above& above(AbstractHeapType type) {
  return kAbove[static_cast<size_t>(type)];
}

/// The abstract types next to a kind of composite type, in the order of CompositeType.
struct Neighbours {
  AbstractHeapType above;
  AbstractHeapType below;
};
constexpr auto kNeighbours =
    std::to_array<Neighbours>({{Func, NoFunc}, {Struct, None}, {Array, None}});

/// So that nobody can make types whose hashes collide. Where there is no randomness, time has to
/// do.
uint64_t random_seed() {
  uint64_t seed = 0;
  if (platform::fill_random({reinterpret_cast<uint8_t*>(&seed), sizeof seed}).has_value())
    return seed;
  return static_cast<uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
}

}  // namespace

struct TypeRegistry::Impl {
  static constexpr uint32_t kFirstChunkLog2 = 5;
  static constexpr uint32_t kChunks = 26 - kFirstChunkLog2 + 1;

  std::array<std::atomic<CanonicalType*>, kChunks> chunks = {};
  std::atomic<uint32_t> size = 0;
  std::mutex mutex;  // guards everything that intern changes
  std::unordered_map<Key, TypeId, KeyHash> groups{64, KeyHash{random_seed()}};

  ~Impl() {
    for (std::atomic<CanonicalType*>& chunk : chunks) delete[] chunk.load();
  }

  static uint32_t chunk_of(TypeId id) {
    return static_cast<uint32_t>(std::bit_width(id + (1u << kFirstChunkLog2))) - 1 -
           kFirstChunkLog2;
  }
  static uint32_t first_of(uint32_t chunk) {
    return (1u << (kFirstChunkLog2 + chunk)) - (1u << kFirstChunkLog2);
  }

  CanonicalType& at(TypeId id) const {
    const uint32_t chunk = chunk_of(id);
    return chunks[chunk].load(std::memory_order_acquire)[id - first_of(chunk)];
  }

  CanonicalType& append() {
    const TypeId id = size.load(std::memory_order_relaxed);
    const uint32_t chunk = chunk_of(id);
    if (id == first_of(chunk))
      chunks[chunk].store(new CanonicalType[1u << (kFirstChunkLog2 + chunk)],
                          std::memory_order_release);
    size.store(id + 1, std::memory_order_release);
    return at(id);
  }

  TypeId intern(std::span<const SubType> types, const Numbering& numbering) {
    Key key;
    KeyWriter writer(key, numbering);
    for (const SubType& type : types) writer.write(type);
    return intern(std::move(key), types, numbering);
  }

  TypeId intern(Key key, std::span<const SubType> types, const Numbering& numbering) {
    const std::scoped_lock lock(mutex);
    const TypeId base = size.load(std::memory_order_relaxed);
    const auto [entry, is_new] = groups.try_emplace(std::move(key), base);
    if (!is_new) return entry->second;
    BRINK_CHECK(types.size() <= kMaxTypes - base);
    const Canonicalizer canonicalize(numbering, base);
    for (const SubType& type : types) {
      CanonicalType& added = append();
      added.definition = canonicalize(type);
      added.is_defaultable = is_defaultable(type.composite);
      if (added.definition.supertype) added.display = at(*added.definition.supertype).display;
      added.display.push_back(base + static_cast<TypeId>(&type - types.data()));
    }
    return base;
  }
};

TypeRegistry::TypeRegistry() : impl_(std::make_unique<Impl>()) {}
TypeRegistry::~TypeRegistry() = default;

TypeId TypeRegistry::intern(std::span<const SubType> types, uint32_t first_index,
                            std::span<const TypeId> earlier_ids) {
  return impl_->intern(types, {.first_index = first_index, .earlier_ids = earlier_ids});
}

TypeId TypeRegistry::intern(const FuncType& type) {
  const SubType definition{.composite = type, .supertype = std::nullopt, .is_final = true};
  return impl_->intern({&definition, 1}, {.earlier_ids = {}, .is_canonical = true});
}

uint32_t TypeRegistry::size() const {
  return impl_->size.load(std::memory_order_acquire);
}

const CanonicalType& TypeRegistry::get(TypeId id) const {
  return impl_->at(id);
}

bool TypeRegistry::is_subtype(TypeId sub, TypeId super) const {
  if (sub == super) return true;
  const std::vector<TypeId>& display = get(sub).display;
  const size_t depth = get(super).display.size() - 1;
  return depth < display.size() && display[depth] == super;
}

bool TypeRegistry::matches(HeapType sub, HeapType super) const {
  if (sub == super) return true;
  if (sub.is_concrete()) {
    if (super.is_concrete()) return is_subtype(sub.index(), super.index());
    const auto kind = get(sub.index()).definition.composite.index();
    return contains(above(kNeighbours[kind].above).types, super.abstract());
  }
  if (super.is_abstract()) return contains(above(sub.abstract()).types, super.abstract());
  const auto kind = get(super.index()).definition.composite.index();
  return sub.is(Bottom) || sub.is(kNeighbours[kind].below);
}

bool TypeRegistry::matches(ValType sub, ValType super) const {
  if (sub == super || sub.is_bottom()) return true;
  return sub.is_ref() && super.is_ref() && (!sub.nullable() || super.nullable()) &&
         matches(sub.heap(), super.heap());
}

AbstractHeapType TypeRegistry::top(HeapType type) const {
  if (type.is_abstract()) return above(type.abstract()).top;
  return above(kNeighbours[get(type.index()).definition.composite.index()].above).top;
}

}  // namespace brink
