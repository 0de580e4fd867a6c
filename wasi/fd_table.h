// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The descriptors of a guest. Numbers of closed ones are used again, lowest first.

#ifndef BRINK_WASI_FD_TABLE_H_
#define BRINK_WASI_FD_TABLE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brink/wasi.h"
#include "wasi/handle.h"
#include "wasi/host_fs.h"
#include "wasi/types.h"

namespace brink::wasi {

/// What a guest's descriptor stands for.
struct Descriptor {
  enum class Kind : uint8_t {
    File,       ///< a file of any kind of the host: regular, device, pipe
    Directory,  ///< `handle` is open for reading
    Listener,   ///< a listening socket
    Socket,     ///< a connected socket
    Input,      ///< reads `input`
    Sink,       ///< writes go to `sink`
    Null,
  };

  Kind kind = Kind::Null;
  Filetype filetype = Filetype::Unknown;
  uint16_t flags = 0;  ///< fdflags as the guest set them
  Rights base = 0;
  Rights inheriting = 0;
  /// From a read-only grant: whatever changes something is refused with Rofs.
  bool read_only = false;
  bool is_granted = false;  ///< open before the guest ran
  /// Whether the open file description is ours alone, and was made non-blocking.
  bool nonblocking = false;
  Handle handle;
  std::optional<std::string> preopen_name;
  std::optional<DirectoryListing> listing;
  std::string input;
  uint64_t input_position = 0;
  Sink sink;

  bool is_regular() const { return filetype == Filetype::RegularFile; }
  bool on_host() const { return handle.is_open(); }
};

class FdTable {
 public:
  explicit FdTable(uint32_t limit) : limit_(limit) {}

  Outcome<Descriptor*> get(uint32_t fd);
  /// As get(); Notcapable unless the descriptor has all of `rights`.
  Outcome<Descriptor*> get(uint32_t fd, Rights rights);
  /// Puts it at the lowest free number.
  Outcome<uint32_t> insert(Descriptor descriptor);
  bool full() const { return open_ >= limit_; }
  Outcome<> close(uint32_t fd);
  /// Moves `from` to `to`, which must be open and is closed.
  Outcome<> renumber(uint32_t from, uint32_t to);

  /// All that is open now was granted.
  void note_granted();
  /// Whether what was granted is open, and nothing else.
  bool is_as_granted() const;

 private:
  uint32_t limit_;
  uint32_t open_ = 0;
  uint32_t granted_ = 0;
  uint32_t lowest_free_ = 0;  ///< no number below it is free
  std::vector<std::unique_ptr<Descriptor>> slots_;
};

}  // namespace brink::wasi

#endif  // BRINK_WASI_FD_TABLE_H_
