# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
# One CMake target per folder, so that a wrong #include is a build error.

# brink_library(NAME SOURCES a.cc ... DEPS other ... PRIVATE_DEPS fmt::fmt ...)
# declares the static library brink_NAME from the sources of this folder.
function(brink_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  set(target brink_${name})
  if(ARG_SOURCES)
    add_library(${target} STATIC ${ARG_SOURCES})
    target_link_libraries(${target} PRIVATE brink_options)
    target_compile_options(${target} PRIVATE -fno-exceptions -fno-rtti)
    set(scope PUBLIC)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    target_link_libraries(${target} PRIVATE ${ARG_PRIVATE_DEPS})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${target} ${scope} ${PROJECT_SOURCE_DIR}
                                                ${PROJECT_SOURCE_DIR}/engine/include)
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(${target} ${scope} brink_${dep})
  endforeach()
endfunction()

# brink_unit_test(NAME SOURCES a_test.cc ... DEPS other ...): one executable NAME_test for the folder.
function(brink_unit_test name)
  if(NOT BRINK_BUILD_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  set(target ${name}_test)
  add_executable(${target} ${ARG_SOURCES} $<TARGET_OBJECTS:brink_test_main>)
  target_link_libraries(${target} PRIVATE brink_options brink_${name} Catch2::Catch2
                                          ${ARG_PRIVATE_DEPS})
  foreach(dep IN LISTS ARG_DEPS)
    target_link_libraries(${target} PRIVATE brink_${dep})
  endforeach()
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  add_test(NAME unit/${name} COMMAND ${target})
endfunction()
