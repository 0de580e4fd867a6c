// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Tokens of the text format (spec: text format, lexical format). The first stage of the text
// parser: source -> Lexer -> TokenStream -> parsers.
//
// The lexer keeps nothing but a position: a token is a range of the source, and two lexers may read
// the same source. Numbers and strings are checked here and given values by literal.h. What is no
// token at all becomes a token of kind Bad that carries its message; it is an error only when the
// parser meets it.

#ifndef BRINK_TEXT_LEXER_H_
#define BRINK_TEXT_LEXER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace brink::text {

enum class TokenKind : uint8_t {
  LeftParen,
  RightParen,
  AnnotationStart,  ///< `(@id`
  Nat,              ///< an integer without sign
  Int,              ///< an integer with sign
  Float,
  String,
  Id,  ///< `$id` or `$"id"`
  Keyword,
  Reserved,  ///< a run of characters that is none of the above
  Bad,       ///< `text` is the error message
  End,
};

struct Token {
  TokenKind kind = TokenKind::End;
  uint32_t offset = 0;    ///< in the source
  std::string_view text;  ///< as written, with `$` and quotes; for Bad the error message
};

class Lexer {
 public:
  /// Reads `source` from `offset` on. `source` is valid UTF-8 and shorter than 4 GiB (see
  /// check_source).
  explicit Lexer(std::string_view source, uint32_t offset = 0) : source_(source), pos_(offset) {}

  Token next();
  /// The next token inside an annotation, where `(@` need not be followed by a name.
  Token next_in_annotation();

 private:
  bool skip_space(Token& bad);
  bool skip_block_comment();
  Token lex_paren(bool in_annotation);
  Token lex_annotation_start(uint32_t start);
  Token lex_run();
  Token make(TokenKind kind, uint32_t start) const {
    return Token{kind, start, source_.substr(start, pos_ - start)};
  }
  Token bad(uint32_t start, std::string_view message) {
    pos_ = static_cast<uint32_t>(source_.size());
    return Token{TokenKind::Bad, start, message};
  }
  char at(size_t index) const { return index < source_.size() ? source_[index] : '\0'; }

  std::string_view source_;
  uint32_t pos_;
};

/// A character that identifiers, keywords and numbers consist of (spec: idchar).
bool is_id_char(char c);

/// Nat, Int, Float, or Reserved when `text` is no number.
TokenKind classify_number(std::string_view text);

/// The bytes that a string token stands for, or the name of a quoted identifier. `quoted` begins
/// and ends with a quote and comes from the lexer, which has checked the escapes.
std::string unescape(std::string_view quoted);
void unescape_to(std::string_view quoted, std::vector<uint8_t>& out);

}  // namespace brink::text

#endif  // BRINK_TEXT_LEXER_H_
