// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Types in the binary format (spec: binary format, types), as the text parser emits them. Concrete
// heap types are module type indices.

#ifndef BRINK_TEXT_TYPE_WRITER_H_
#define BRINK_TEXT_TYPE_WRITER_H_

#include "brink/types.h"
#include "engine/support/byte_writer.h"

namespace brink::text {

void write_heap_type(support::ByteWriter& out, HeapType type);
/// A value or storage type; nullable abstract references get their short form.
void write_val_type(support::ByteWriter& out, ValType type);
/// Parameters and results, without the byte that says that it is a function type.
void write_signature(support::ByteWriter& out, const FuncType& type);
void write_sub_type(support::ByteWriter& out, const SubType& type);
void write_table_type(support::ByteWriter& out, const TableType& type);
/// `has_page_size`: the page size was written out, even if it is the usual one.
void write_memory_type(support::ByteWriter& out, const MemoryType& type, bool has_page_size);
void write_global_type(support::ByteWriter& out, const GlobalType& type);

}  // namespace brink::text

#endif  // BRINK_TEXT_TYPE_WRITER_H_
