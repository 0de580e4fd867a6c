// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/decode/name_section.h"

#include <utility>

#include <catch2/catch.hpp>

#include "engine/decode/module_decoder.h"
#include "engine/decode/test_module.h"

namespace brink::decode {
namespace {

using namespace testing;

/// A module and its names, which point into it.
struct Named {
  wasm::Module module;
  NameSection names;
};

Named read_names(const Bytes& content) {
  auto module = decode_module(std::make_shared<const Bytes>(
      testing::module({custom("other", {1}), custom("name", content)})));
  if (!module) FAIL(module.error().to_string());
  NameSection names = read_name_section(*module);
  return {std::move(*module), std::move(names)};
}

Bytes subsection(uint8_t id, std::initializer_list<Bytes> content) {
  return join({{id}, sized(join(content))});
}

}  // namespace

TEST_CASE("all kinds of names") {
  const auto direct = [](uint8_t id, std::string_view text) {
    return subsection(id, {{1, 3}, name(text)});
  };
  const auto indirect = [](uint8_t id, std::string_view text) {
    return subsection(id, {{1, 5, 1, 4}, name(text)});
  };
  const Named named =
      read_names(join({subsection(0, {name("module")}), direct(1, "function"), indirect(2, "local"),
                       indirect(3, "label"), direct(4, "type"), direct(5, "table"),
                       direct(6, "memory"), direct(7, "global"), direct(8, "element"),
                       direct(9, "data"), indirect(10, "field"), direct(11, "tag")}));
  const NameSection& names = named.names;
  CHECK(names.module_name == "module");
  CHECK(find_name(names.functions, 3) == "function");
  CHECK(find_name(names.types, 3) == "type");
  CHECK(find_name(names.tables, 3) == "table");
  CHECK(find_name(names.memories, 3) == "memory");
  CHECK(find_name(names.globals, 3) == "global");
  CHECK(find_name(names.elements, 3) == "element");
  CHECK(find_name(names.data, 3) == "data");
  CHECK(find_name(names.tags, 3) == "tag");
  CHECK(find_name(names.locals.find(5), 4) == "local");
  CHECK(find_name(names.labels.find(5), 4) == "label");
  CHECK(find_name(names.fields.find(5), 4) == "field");
  CHECK_FALSE(find_name(names.functions, 2));
  CHECK_FALSE(find_name(names.functions, 4));
  CHECK(names.locals.find(4).empty());
  CHECK_FALSE(names.empty());
  CHECK(read_function_names(named.module).size() == 1);
}

TEST_CASE("a module without names") {
  const auto module = decode_module(std::make_shared<const Bytes>(testing::module({})));
  REQUIRE(module);
  CHECK(read_name_section(*module).empty());
  CHECK(read_function_names(*module).empty());
}

TEST_CASE("names out of order are put in order, and of two the first counts") {
  const Named named =
      read_names(join({subsection(1, {{3, 9}, name("nine"), {2}, name("two"), {9}, name("again")}),
                       subsection(2, {{2, 7, 1, 1}, name("b"), {5, 1, 0}, name("a")})}));
  const NameMap& functions = named.names.functions;
  REQUIRE(functions.size() == 2);
  CHECK(functions[0].index == 2);
  CHECK(functions[1].name == "nine");
  REQUIRE(named.names.locals.entries().size() == 2);
  CHECK(named.names.locals.entries()[0].index == 5);
  CHECK(find_name(named.names.locals.find(7), 1) == "b");
}

TEST_CASE("what stands before a break counts") {
  SECTION("a name that is cut off") {
    const Named named = read_names(subsection(1, {{2, 0}, name("good"), {1, 9, 'b'}}));
    CHECK(named.names.functions.size() == 1);
  }
  SECTION("a name that is no UTF-8; the next subsection is read") {
    const Named named = read_names(join({subsection(1, {{2, 0}, name("good"), {1, 1, 0xff}}),
                                         subsection(7, {{1, 0}, name("global")})}));
    CHECK(named.names.functions.size() == 1);
    CHECK(named.names.globals.size() == 1);
  }
  SECTION("a count that is too large") {
    const Named named =
        read_names(subsection(1, {{0xff, 0xff, 0xff, 0xff, 0x0f, 0}, name("good")}));
    CHECK(named.names.functions.size() == 1);
  }
  SECTION("a subsection that is cut off") {
    Bytes bytes = subsection(1, {{2, 0}, name("good"), {1}, name("bad")});
    bytes.pop_back();
    CHECK(read_names(bytes).names.functions.size() == 1);
  }
  SECTION("an inner list that is cut off") {
    const Named named = read_names(subsection(2, {{2, 0, 2, 0}, name("x"), {1, 50}}));
    CHECK(find_name(named.names.locals.find(0), 0) == "x");
    CHECK(named.names.locals.entries().size() == 1);
  }
  SECTION("unknown subsections are passed over") {
    const Named named = read_names(join({subsection(99, {{1, 2, 3}}), subsection(0, {name("m")})}));
    CHECK(named.names.module_name == "m");
  }
}

TEST_CASE("names that are cut at any byte are read as far as they go") {
  const Bytes content =
      join({subsection(0, {name("module")}), subsection(1, {{2, 0}, name("f"), {1}, name("g")}),
            subsection(2, {{1, 0, 2, 0}, name("x"), {1}, name("y")})});
  size_t last_count = 0;
  for (size_t size = 0; size <= content.size(); ++size) {
    const Named named =
        read_names(Bytes(content.begin(), content.begin() + static_cast<long>(size)));
    const size_t count = (named.names.module_name ? 1 : 0) + named.names.functions.size() +
                         named.names.locals.find(0).size();
    CHECK(count >= last_count);
    last_count = count;
  }
  CHECK(last_count == 5);
}

}  // namespace brink::decode
