# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0

include(third_party/fmt.cmake)
find_package(CLI11 REQUIRED)
if(BRINK_BUILD_TESTS)
  find_package(Catch2 REQUIRED)
  add_library(brink_test_main OBJECT ${PROJECT_SOURCE_DIR}/cmake/test_main.cc)
  target_link_libraries(brink_test_main PRIVATE Catch2::Catch2)
endif()
