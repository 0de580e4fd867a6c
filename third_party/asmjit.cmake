# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
# asmjit, as brink::asmjit: the encoder of machine code. Debian's static library is not position
# independent, so what links it must be an executable or a static library.

find_package(asmjit CONFIG QUIET)
if(NOT asmjit_FOUND)
  message(FATAL_ERROR "asmjit is missing: install libasmjit-dev (Debian) or asmjit (Arch, Homebrew), "
                      "or configure with -DBRINK_COMPILER=OFF")
endif()
add_library(brink_asmjit INTERFACE)
target_link_libraries(brink_asmjit INTERFACE asmjit::asmjit)
get_target_property(asmjit_headers asmjit::asmjit INTERFACE_INCLUDE_DIRECTORIES)
target_include_directories(brink_asmjit SYSTEM INTERFACE ${asmjit_headers})
add_library(brink::asmjit ALIAS brink_asmjit)
