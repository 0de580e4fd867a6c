# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
# cmake -DOUTPUT=fingerprint.h -DLIST=files.txt -DROOT=dir -P fingerprint.cmake
#
# One number for the content of all sources that decide what compiled code looks like and what it
# expects of the engine. Artifacts carry it: code from other sources is not run.

file(STRINGS ${LIST} files)
set(all "")
foreach(file IN LISTS files)
  file(SHA256 ${ROOT}/${file} hash)
  string(APPEND all "${file} ${hash}\n")
endforeach()
string(SHA256 hash "${all}")
string(SUBSTRING ${hash} 0 16 hash)
file(WRITE ${OUTPUT}
  "// Made from the sources by fingerprint.cmake.\n"
  "#include <cstdint>\n"
  "namespace brink::compile::artifact {\n"
  "inline constexpr std::uint64_t kSourceFingerprint = 0x${hash};\n"
  "}  // namespace brink::compile::artifact\n")
