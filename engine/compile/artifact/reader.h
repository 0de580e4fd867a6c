// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The bytes of an artifact, checked and used in place (see format.h). Nothing is copied and nothing
// allocated, so opening one costs the checks alone.
//
// Invariant of an Artifact that was opened with Check::Everything: no function here, nor a reader
// of the views that follows their indices, leaves the bytes of the file, whatever is in them. That
// the code does what its tables say is another matter, and one of trust.

#ifndef BRINK_COMPILE_ARTIFACT_READER_H_
#define BRINK_COMPILE_ARTIFACT_READER_H_

#include <cstdint>
#include <span>

#include "brink/error.h"
#include "engine/compile/artifact/format.h"
#include "engine/compile/code_view.h"
#include "engine/compile/data_area.h"

namespace brink::compile::artifact {

/// How much of a file is checked. `Frame` is the part whose cost does not grow with the file: for
/// bytes that are known to be those that passed before.
enum class Check : uint8_t { Frame, Everything };

class Artifact {
 public:
  /// `file` is aligned to 8 bytes and stays where it is. Errors are of ErrorKind::Artifact and say
  /// what is wrong and what to do.
  static Result<Artifact> open(std::span<const uint8_t> file, Check check);

  const Info& info() const { return *info_; }
  std::span<const uint8_t> file() const { return file_; }
  std::span<const uint8_t> module_bytes() const { return range(info_->module); }
  std::span<const uint8_t> text() const { return range(info_->text); }
  DataArea data_area() const { return {info_->function_count, info_->type_count}; }
  uint32_t defined_functions() const { return info_->function_count - info_->imported_functions; }

  /// By defined function; a last row closes the table.
  std::span<const FunctionRow> functions() const { return table<FunctionRow>(Table::Functions); }
  /// Nothing but function_index is set when the function was not compiled.
  CodeView function(uint32_t defined_index) const;

 private:
  Artifact(std::span<const uint8_t> file, const Info* info) : file_(file), info_(info) {}
  Status check_frame() const;
  Status check_tables() const;
  Status check_function(uint32_t defined_index) const;
  std::span<const uint8_t> range(FileRange range) const {
    return file_.subspan(range.offset, range.bytes);
  }
  template <typename Row>
  std::span<const Row> table(Table id) const {
    const std::span<const uint8_t> bytes = range(info_->tables[static_cast<uint32_t>(id)]);
    return {reinterpret_cast<const Row*>(bytes.data()), bytes.size() / sizeof(Row)};
  }

  std::span<const uint8_t> file_;
  const Info* info_;
};

/// Whether bytes begin like an artifact, whole or not, of any version. The first few hundred bytes
/// tell.
bool is_artifact(std::span<const uint8_t> bytes);

}  // namespace brink::compile::artifact

#endif  // BRINK_COMPILE_ARTIFACT_READER_H_
