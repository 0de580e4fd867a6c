// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/lexer.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "engine/text/keywords.h"

namespace brink::text {
namespace {

std::vector<Token> lex(std::string_view source) {
  Lexer lexer(source);
  std::vector<Token> tokens;
  do {
    tokens.push_back(lexer.next());
  } while (tokens.back().kind != TokenKind::End && tokens.back().kind != TokenKind::Bad);
  return tokens;
}

struct Single {
  std::string_view source;
  TokenKind kind;
};

TEST_CASE("A token alone has its kind", "[lexer]") {
  const Single row = GENERATE(values<Single>({
      {"0", TokenKind::Nat},
      {"1_000", TokenKind::Nat},
      {"0xfF_0", TokenKind::Nat},
      {"+1", TokenKind::Int},
      {"-0x1", TokenKind::Int},
      {"1.", TokenKind::Float},
      {"1.5e-3", TokenKind::Float},
      {"1e5", TokenKind::Float},
      {"-1E+05", TokenKind::Float},
      {"0x1.8p3", TokenKind::Float},
      {"0x1.P-3", TokenKind::Float},
      {"inf", TokenKind::Float},
      {"-inf", TokenKind::Float},
      {"nan", TokenKind::Float},
      {"+nan:0x1", TokenKind::Float},
      {"nan:canonical", TokenKind::Keyword},
      {"module", TokenKind::Keyword},
      {"i32.const", TokenKind::Keyword},
      {"offset=4", TokenKind::Keyword},
      {"$x", TokenKind::Id},
      {"$!#$%&'*+-./:<=>?@\\^_`|~", TokenKind::Id},
      {"$\"any name\"", TokenKind::Id},
      {"\"text\"", TokenKind::String},
      {"\"\"", TokenKind::String},
      {"\"\\t\\n\\r\\\"\\'\\\\\\00\\fF\\u{1F_600}\"", TokenKind::String},
      {"(", TokenKind::LeftParen},
      {")", TokenKind::RightParen},
      // What is nearly a number, or two tokens without a space between them.
      {"1_", TokenKind::Reserved},
      {"_1", TokenKind::Reserved},
      {"1__0", TokenKind::Reserved},
      {"0x", TokenKind::Reserved},
      {"0x_1", TokenKind::Reserved},
      {"0xg", TokenKind::Reserved},
      {"1e", TokenKind::Reserved},
      {"1e+", TokenKind::Reserved},
      {"1._0", TokenKind::Reserved},
      {".5", TokenKind::Reserved},
      {"0x1p", TokenKind::Reserved},
      {"+", TokenKind::Reserved},
      {"+nan:0x", TokenKind::Reserved},
      {"0drop", TokenKind::Reserved},
      {"\"a\"\"b\"", TokenKind::Reserved},
      {"0$x", TokenKind::Reserved},
      {"$\"a\"b", TokenKind::Reserved},
      {"data\"a\"", TokenKind::Reserved},
      {"Upper", TokenKind::Reserved},
      {",", TokenKind::Reserved},
      {"{", TokenKind::Reserved},
  }));
  CAPTURE(row.source);
  const std::vector<Token> tokens = lex(row.source);
  REQUIRE(tokens.size() == 2);
  CHECK(tokens[0].kind == row.kind);
  CHECK(tokens[0].text == row.source);
  CHECK(tokens[0].offset == 0);
  CHECK(tokens[1].kind == TokenKind::End);
}

TEST_CASE("White space and comments separate tokens and are none", "[lexer]") {
  const std::vector<Token> tokens =
      lex(" \t(module;;x\n(; a (; nested ;;\n ;) ;)func;;y\rnop ;; z\r\n)(;;)");
  std::vector<std::string_view> texts;
  for (const Token& token : tokens) texts.push_back(token.text);
  CHECK(texts == std::vector<std::string_view>{"(", "module", "func", "nop", ")", ""});
  CHECK(tokens[2].offset == 37);
}

struct Failure {
  std::string_view source;
  std::string_view message;
};

TEST_CASE("What is no token tells why", "[lexer]") {
  const Failure row = GENERATE(values<Failure>({
      {"\"open", "unclosed string literal"},
      {"\"line\nbreak\"", "unclosed string literal"},
      {"\"\x01\"", "illegal control character in string literal"},
      {"\"\\q\"", "illegal escape"},
      {"\"\\u{d800}\"", "illegal escape"},
      {"\"\\u{110000}\"", "illegal escape"},
      {"\"\\u{}\"", "illegal escape"},
      {"\"\\u{1_}\"", "illegal escape"},
      {"\"\\4\"", "illegal escape"},
      {"$", "empty identifier"},
      {"$\"\"", "empty identifier"},
      {"$\"a\nb\"", "empty identifier"},
      {"$\"\\ff\"", "malformed UTF-8 encoding"},
      {"(; open (; ;)", "unclosed comment"},
      {"\x7f", "illegal character"},
      {"\xc3\xa4", "illegal character"},
      {"(@)", "empty annotation id"},
      {"(@ x)", "empty annotation id"},
      {"(@\"\")", "empty annotation id"},
      {"(@\"\\80\")", "malformed UTF-8 encoding"},
  }));
  CAPTURE(row.source);
  const Token token = lex(row.source).front();
  CHECK(token.kind == TokenKind::Bad);
  CHECK(token.text == row.message);
}

TEST_CASE("Annotations start with their name", "[lexer]") {
  CHECK(lex("(@custom \"x\")").front().text == "(@custom");
  CHECK(lex("(@\"any name\" x)").front().text == "(@\"any name\"");
  Lexer lexer("(@)");
  CHECK(lexer.next_in_annotation().kind == TokenKind::LeftParen);
  CHECK(lexer.next_in_annotation().kind == TokenKind::Reserved);
}

TEST_CASE("Strings stand for bytes", "[lexer]") {
  CHECK(unescape("\"a\\t\\n\\r\\\"\\'\\\\b\"") == "a\t\n\r\"'\\b");
  CHECK(unescape("\"\\00\\fF\"") == std::string("\0\xff", 2));
  CHECK(unescape("\"\\u{41}\\u{e4}\\u{20ac}\\u{1F_600}\"") == "A\u00e4\u20ac\U0001F600");
}

TEST_CASE("Every mnemonic is found, and nothing else", "[lexer]") {
  for (uint32_t i = 0; i < kOpcodeCount; ++i) {
    const auto opcode = static_cast<Opcode>(i);
    CAPTURE(mnemonic(opcode));
    const std::optional<Opcode> found = find_mnemonic(mnemonic(opcode));
    REQUIRE(found.has_value());
    CHECK(mnemonic(*found) == mnemonic(opcode));
    CHECK(is_known_keyword(mnemonic(opcode)));
  }
  CHECK(find_mnemonic("select") == Opcode::Select);
  CHECK(find_mnemonic("ref.cast") == Opcode::RefCast);
  CHECK_FALSE(find_mnemonic("get_local").has_value());
  CHECK_FALSE(find_mnemonic("").has_value());
  CHECK(is_known_keyword("nan:canonical"));
  CHECK(is_known_keyword("offset=0x10"));
  CHECK_FALSE(is_known_keyword("offset=-1"));
  CHECK_FALSE(is_known_keyword("anyfunc"));
}

TEST_CASE("A hundred thousand nested comments need no stack", "[lexer]") {
  std::string source;
  for (int i = 0; i < 100'000; ++i) source += "(;";
  CHECK(lex(source).front().text == "unclosed comment");
  for (int i = 0; i < 100'000; ++i) source += ";)";
  CHECK(lex(source).front().kind == TokenKind::End);
}

}  // namespace
}  // namespace brink::text
