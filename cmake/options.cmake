# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
# Compiler options that every target of ours shares.

add_library(brink_options INTERFACE)
# Nobody replaces our functions by others at link time, so they may be inlined where they are defined.
target_compile_options(brink_options INTERFACE -Wall -Wextra
                                               -fno-omit-frame-pointer
                                               -fno-semantic-interposition)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  # SSE4.1 and popcnt are the floor that the interpreter and the compiler assume.
  target_compile_options(brink_options INTERFACE -march=x86-64-v2)
endif()
if(BRINK_SANITIZE)
  target_compile_options(brink_options INTERFACE -fsanitize=${BRINK_SANITIZE}
                                                 -fno-sanitize-recover=all)
  if(BRINK_SANITIZE MATCHES "undefined")
    # The engine has no RTTI, so nobody can check the dynamic type of its objects.
    target_compile_options(brink_options INTERFACE -fno-sanitize=vptr)
  endif()
  target_link_options(brink_options INTERFACE -fsanitize=${BRINK_SANITIZE})
endif()
