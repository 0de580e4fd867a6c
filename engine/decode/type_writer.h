// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Writes the types of the binary format (spec: binary format, types): the counterpart of
// type_reader.h. Everything gets its shortest form.

#ifndef BRINK_DECODE_TYPE_WRITER_H_
#define BRINK_DECODE_TYPE_WRITER_H_

#include "brink/types.h"
#include "engine/support/byte_writer.h"

namespace brink::decode {

void write_heap_type(support::ByteWriter& out, HeapType type);
/// A value or storage type.
void write_val_type(support::ByteWriter& out, ValType type);
void write_field_type(support::ByteWriter& out, const FieldType& type);
void write_sub_type(support::ByteWriter& out, const SubType& type);
void write_memory_type(support::ByteWriter& out, const MemoryType& type);
void write_table_type(support::ByteWriter& out, const TableType& type);
void write_global_type(support::ByteWriter& out, const GlobalType& type);
/// Attribute and type index.
void write_tag_type(support::ByteWriter& out, uint32_t type_index);

}  // namespace brink::decode

#endif  // BRINK_DECODE_TYPE_WRITER_H_
