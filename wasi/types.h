// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The vocabulary of WASI preview 1: numbers and structures exactly as the specification (witx)
// lays them out in guest memory. Where snapshot 0 differs, both forms are here.

#ifndef BRINK_WASI_TYPES_H_
#define BRINK_WASI_TYPES_H_

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>
#include <utility>

namespace brink::wasi {

/// Which generation of the interface a guest was built for.
enum class Abi : uint8_t {
  Snapshot0,  ///< module name wasi_unstable
  Preview1,   ///< module name wasi_snapshot_preview1
};

enum class Errno : uint16_t {
#define BRINK_WASI_ERRNO(id, name, host) id,
#include "wasi/errno.def"
  /// Never seen by a guest: the call ends in a trap (an exit, or the embedder asked to stop).
  HostStop = 0xffff,
};

/// "noent", ... as in the specification.
std::string_view to_string(Errno error);
/// The translation of a host error number; Io for numbers WASI has no name for.
Errno from_host_errno(int host);

/// What an operation gives: a value, or why not.
template <typename T = void>
using Outcome = std::expected<T, Errno>;

inline std::unexpected<Errno> fail(Errno error) {
  return std::unexpected(error);
}
/// The failure that the host's errno tells.
std::unexpected<Errno> fail_from_errno();

namespace internal {
template <typename T>
T unwrap(Outcome<T>&& outcome) {
  return *std::move(outcome);
}
inline void unwrap(Outcome<>&&) {}
}  // namespace internal

/// The value of an Outcome, or an early return of its Errno.
#define BRINK_WASI_TRY(expression)                                  \
  __extension__({                                                   \
    auto brink_wasi_outcome = (expression);                         \
    if (!brink_wasi_outcome.has_value()) [[unlikely]]               \
      return std::unexpected(brink_wasi_outcome.error());           \
    ::brink::wasi::internal::unwrap(std::move(brink_wasi_outcome)); \
  })

using Rights = uint64_t;

namespace internal {
enum RightBit : uint32_t {
#define BRINK_WASI_RIGHT(id, kinds) kBit##id,
#include "wasi/rights.def"
};
inline constexpr uint32_t F = 1, D = 2, S = 4;
constexpr Rights rights_for(uint32_t kind) {
  Rights result = 0;
#define BRINK_WASI_RIGHT(id, kinds) \
  if (((kinds) & kind) != 0) result |= Rights{1} << kBit##id;
#include "wasi/rights.def"
  return result;
}
}  // namespace internal

#define BRINK_WASI_RIGHT(id, kinds) \
  inline constexpr Rights kRight##id = Rights{1} << internal::kBit##id;
#include "wasi/rights.def"

/// The rights that mean something for a descriptor of that kind.
inline constexpr Rights kFileRights = internal::rights_for(internal::F);
inline constexpr Rights kDirectoryRights = internal::rights_for(internal::D);
inline constexpr Rights kSocketRights = internal::rights_for(internal::S);
inline constexpr Rights kAllRights = kFileRights | kDirectoryRights | kSocketRights;

enum class Filetype : uint8_t {
  Unknown,
  BlockDevice,
  CharacterDevice,
  Directory,
  RegularFile,
  SocketDgram,
  SocketStream,
  SymbolicLink,
};

enum class ClockId : uint32_t { Realtime, Monotonic, ProcessCputime, ThreadCputime };

// fdflags
inline constexpr uint16_t kFdAppend = 1 << 0;
inline constexpr uint16_t kFdDsync = 1 << 1;
inline constexpr uint16_t kFdNonblock = 1 << 2;
inline constexpr uint16_t kFdRsync = 1 << 3;
inline constexpr uint16_t kFdSync = 1 << 4;
inline constexpr uint16_t kFdFlagsMask = (1 << 5) - 1;

// fstflags
inline constexpr uint16_t kFstAtim = 1 << 0;
inline constexpr uint16_t kFstAtimNow = 1 << 1;
inline constexpr uint16_t kFstMtim = 1 << 2;
inline constexpr uint16_t kFstMtimNow = 1 << 3;
inline constexpr uint16_t kFstMask = (1 << 4) - 1;

// lookupflags
inline constexpr uint32_t kLookupSymlinkFollow = 1 << 0;

// oflags
inline constexpr uint16_t kOpenCreat = 1 << 0;
inline constexpr uint16_t kOpenDirectory = 1 << 1;
inline constexpr uint16_t kOpenExcl = 1 << 2;
inline constexpr uint16_t kOpenTrunc = 1 << 3;
inline constexpr uint16_t kOpenMask = (1 << 4) - 1;

// riflags, roflags, sdflags
inline constexpr uint16_t kRecvPeek = 1 << 0;
inline constexpr uint16_t kRecvWaitall = 1 << 1;
inline constexpr uint16_t kRecvDataTruncated = 1 << 0;
inline constexpr uint8_t kShutdownRead = 1 << 0;
inline constexpr uint8_t kShutdownWrite = 1 << 1;

// eventtype, eventrwflags, subclockflags
inline constexpr uint8_t kEventClock = 0;
inline constexpr uint8_t kEventFdRead = 1;
inline constexpr uint8_t kEventFdWrite = 2;
inline constexpr uint16_t kEventHangup = 1 << 0;
inline constexpr uint16_t kClockAbstime = 1 << 0;

struct Fdstat {
  Filetype filetype = Filetype::Unknown;
  uint8_t pad0 = 0;
  uint16_t flags = 0;
  uint32_t pad1 = 0;
  Rights base = 0;
  Rights inheriting = 0;
};
static_assert(sizeof(Fdstat) == 24 && offsetof(Fdstat, base) == 8);

struct Filestat {
  uint64_t dev = 0;
  uint64_t ino = 0;
  Filetype filetype = Filetype::Unknown;
  uint8_t pad[7] = {};
  uint64_t nlink = 0;
  uint64_t size = 0;
  uint64_t atim = 0;  ///< nanoseconds since 1970, as the two below
  uint64_t mtim = 0;
  uint64_t ctim = 0;
};
static_assert(sizeof(Filestat) == 64 && offsetof(Filestat, nlink) == 24);

/// Snapshot 0: the link count has 32 bits.
struct Filestat0 {
  uint64_t dev = 0;
  uint64_t ino = 0;
  Filetype filetype = Filetype::Unknown;
  uint8_t pad[3] = {};
  uint32_t nlink = 0;
  uint64_t size = 0;
  uint64_t atim = 0;
  uint64_t mtim = 0;
  uint64_t ctim = 0;
};
static_assert(sizeof(Filestat0) == 56 && offsetof(Filestat0, nlink) == 20);

/// Followed in the buffer by the name, without a NUL.
struct Dirent {
  uint64_t next = 0;  ///< the cookie to continue with after this entry
  uint64_t ino = 0;
  uint32_t namlen = 0;
  Filetype type = Filetype::Unknown;
  uint8_t pad[3] = {};
};
static_assert(sizeof(Dirent) == 24);

struct Prestat {
  uint8_t tag = 0;  ///< 0: a directory, the only kind there is
  uint8_t pad[3] = {};
  uint32_t name_len = 0;
};
static_assert(sizeof(Prestat) == 8);

struct GuestIovec {
  uint32_t buf = 0;
  uint32_t buf_len = 0;
};
static_assert(sizeof(GuestIovec) == 8);

struct Subscription {
  uint64_t userdata = 0;
  uint8_t tag = 0;
  uint8_t pad0[7] = {};
  uint32_t id_or_fd = 0;  ///< clock id, or descriptor for the other two tags
  uint32_t pad1 = 0;
  uint64_t timeout = 0;  ///< nanoseconds
  uint64_t precision = 0;
  uint16_t flags = 0;
  uint8_t pad2[6] = {};
};
static_assert(sizeof(Subscription) == 48 && offsetof(Subscription, flags) == 40);

/// Snapshot 0: a clock subscription begins with an identifier of its own.
struct Subscription0 {
  uint64_t userdata = 0;
  uint8_t tag = 0;
  uint8_t pad0[7] = {};
  uint64_t identifier_or_fd = 0;  ///< the low 32 bits are the descriptor
  uint32_t id = 0;
  uint32_t pad1 = 0;
  uint64_t timeout = 0;
  uint64_t precision = 0;
  uint16_t flags = 0;
  uint8_t pad2[6] = {};
};
static_assert(sizeof(Subscription0) == 56 && offsetof(Subscription0, flags) == 48);

struct Event {
  uint64_t userdata = 0;
  Errno error = Errno::Success;
  uint8_t type = 0;
  uint8_t pad0[5] = {};
  uint64_t nbytes = 0;
  uint16_t flags = 0;
  uint8_t pad1[6] = {};
};
static_assert(sizeof(Event) == 32 && offsetof(Event, nbytes) == 16);

}  // namespace brink::wasi

#endif  // BRINK_WASI_TYPES_H_
