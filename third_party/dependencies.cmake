# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
# What Brink is built from, a file for each. All come from the distribution; none is downloaded.

include(third_party/fmt.cmake)
include(third_party/cli11.cmake)
if(BRINK_COMPILER)
  include(third_party/asmjit.cmake)
  include(third_party/xxhash.cmake)
endif()
if(BRINK_BUILD_TESTS)
  include(third_party/catch2.cmake)
endif()
if(BRINK_BUILD_BENCH)
  include(third_party/benchmark.cmake)
endif()
