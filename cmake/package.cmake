# Copyright the Brink authors.
# SPDX-License-Identifier: Apache-2.0
#
# The libraries that a host program links, and what `cmake --install` writes: libbrink.a, libbrink.so,
# the program, headers, a CMake package (target brink::engine) and a pkg-config file.
#
# Both libraries are made from the objects of the folders' own static libraries; nothing is compiled
# twice. Which folders: all that brink_wasi and the C API are linked with.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

# brink_parts(TARGET RESULT): appends TARGET and our libraries below it to the list RESULT.
function(brink_parts target result)
  set(parts ${${result}})
  if(target IN_LIST parts)
    return()
  endif()
  get_target_property(aliased ${target} ALIASED_TARGET)
  if(aliased)
    set(target ${aliased})
  endif()
  get_target_property(type ${target} TYPE)
  if(type STREQUAL STATIC_LIBRARY)
    list(APPEND parts ${target})
  endif()
  get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
  foreach(link IN LISTS links)
    string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" link "${link}")
    if(link MATCHES "^brink(_|::)" AND TARGET ${link})
      brink_parts(${link} parts)
    endif()
  endforeach()
  set(${result} ${parts} PARENT_SCOPE)
endfunction()

set(BRINK_PARTS)
foreach(root IN LISTS BRINK_API_TARGETS)
  brink_parts(${root} BRINK_PARTS)
endforeach()
list(REMOVE_DUPLICATES BRINK_PARTS)
set(BRINK_OBJECTS)
foreach(part IN LISTS BRINK_PARTS)
  list(APPEND BRINK_OBJECTS $<TARGET_OBJECTS:${part}>)
endforeach()

set(BRINK_NEEDS_FMT OFF)
if(NOT TARGET brink_fmt)
  set(BRINK_NEEDS_FMT ON)
endif()
set(BRINK_NEEDS_ASMJIT ${BRINK_COMPILER})

function(brink_package_library target type)
  add_library(${target} ${type} ${BRINK_OBJECTS} ${ARGN})
  set_target_properties(${target} PROPERTIES
    LINKER_LANGUAGE CXX
    OUTPUT_NAME brink
    ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}
    POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${target} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/engine/include>
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/wasi/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(${target} PRIVATE Threads::Threads)
  if(BRINK_NEEDS_ASMJIT)
    target_link_libraries(${target} PRIVATE asmjit::asmjit)
  endif()
  if(BRINK_NEEDS_FMT)
    target_link_libraries(${target} PRIVATE fmt::fmt)
  endif()
endfunction()

find_package(Threads REQUIRED)
brink_package_library(brink_static STATIC)
set_target_properties(brink_static PROPERTIES EXPORT_NAME static)
brink_package_library(brink_shared SHARED ${CMAKE_CURRENT_LIST_DIR}/standard_error.cc)
set_target_properties(brink_shared PROPERTIES
  EXPORT_NAME shared
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}
  LINK_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/exports.map)
target_link_options(brink_shared PRIVATE
  -Wl,--version-script=${CMAKE_CURRENT_LIST_DIR}/exports.map -Wl,-Bsymbolic -Wl,--wrap=stderr)
if(BRINK_SANITIZE)
  target_link_options(brink_shared PRIVATE -fsanitize=${BRINK_SANITIZE})
endif()
add_library(brink::engine ALIAS brink_static)
add_library(brink::shared ALIAS brink_shared)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/brink)
install(TARGETS brink_static EXPORT brink-static)
install(TARGETS brink_shared EXPORT brink-shared)
install(TARGETS brink)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/engine/include/ ${PROJECT_SOURCE_DIR}/wasi/include/
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT brink-static NAMESPACE brink:: FILE brink-static.cmake DESTINATION ${package_dir})
install(EXPORT brink-shared NAMESPACE brink:: FILE brink-shared.cmake DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/brink-config.cmake.in
                              ${PROJECT_BINARY_DIR}/package/brink-config.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/brink-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/brink-config.cmake
              ${PROJECT_BINARY_DIR}/package/brink-config-version.cmake
        DESTINATION ${package_dir})

set(BRINK_PRIVATE_LIBS "-lstdc++ -lm -pthread")
if(BRINK_NEEDS_FMT)
  string(PREPEND BRINK_PRIVATE_LIBS "-lfmt ")
endif()
if(BRINK_NEEDS_ASMJIT)
  string(PREPEND BRINK_PRIVATE_LIBS "-lasmjit ")
endif()
# From the file's own place, so that the whole can be moved.
file(RELATIVE_PATH BRINK_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_CURRENT_LIST_DIR}/brink.pc.in ${PROJECT_BINARY_DIR}/package/brink.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/package/brink.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

# The tests of the C API see what a C program sees: the headers and the shared library.
if(BRINK_BUILD_TESTS)
  add_subdirectory(spec-tests/c-api)
endif()
