// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/lexer.h"

#include <array>
#include <optional>

#include "engine/support/utf8.h"

namespace brink::text {

namespace {

enum CharClass : uint8_t { kIdChar = 1, kDigit = 2, kHexDigit = 4, kControl = 8 };

constexpr std::array<uint8_t, 256> make_char_classes() {
  std::array<uint8_t, 256> classes{};
  for (int c = 0; c < 0x20; ++c) classes[c] = kControl;
  classes[0x7f] = kControl;
  for (int c = '0'; c <= '9'; ++c) classes[c] = kIdChar | kDigit | kHexDigit;
  for (int c = 'a'; c <= 'z'; ++c) classes[c] = kIdChar | (c <= 'f' ? kHexDigit : 0);
  for (int c = 'A'; c <= 'Z'; ++c) classes[c] = kIdChar | (c <= 'F' ? kHexDigit : 0);
  for (const char c : std::string_view("!#$%&'*+-./:<=>?@\\^_`|~"))
    classes[static_cast<uint8_t>(c)] = kIdChar;
  return classes;
}
constexpr auto kCharClasses = make_char_classes();

bool has_class(char c, uint8_t wanted) {
  return (kCharClasses[static_cast<uint8_t>(c)] & wanted) != 0;
}
bool is_hex_digit(char c) {
  return has_class(c, kHexDigit);
}
uint32_t hex_value(char c) {
  return c <= '9' ? static_cast<uint32_t>(c - '0') : static_cast<uint32_t>((c | 0x20) - 'a' + 10);
}

/// Size of the run of digits at `pos`, with single underscores between them; 0 if there is none.
size_t digits_size(std::string_view text, size_t pos, uint8_t digit_class) {
  const size_t start = pos;
  while (pos < text.size()) {
    if (has_class(text[pos], digit_class)) {
      ++pos;
    } else if (text[pos] == '_' && pos > start && pos + 1 < text.size() &&
               has_class(text[pos + 1], digit_class)) {
      pos += 2;
    } else {
      break;
    }
  }
  return pos - start;
}

/// An escape sequence of a string: what it stands for and how long it is in the source.
struct Escape {
  uint32_t value = 0;
  bool is_code_point = false;  ///< else a raw byte
  uint32_t size = 0;
};

std::optional<Escape> read_unicode_escape(std::string_view text) {
  const size_t digits = digits_size(text, 3, kHexDigit);
  if (digits == 0 || 3 + digits >= text.size() || text[3 + digits] != '}') return std::nullopt;
  uint32_t value = 0;
  for (const char c : text.substr(3, digits)) {
    if (c == '_') continue;
    value = value * 16 + hex_value(c);
    if (value > 0x10ffff) return std::nullopt;
  }
  if (value >= 0xd800 && value < 0xe000) return std::nullopt;
  return Escape{value, true, static_cast<uint32_t>(digits + 4)};
}

/// `text` begins with a backslash.
std::optional<Escape> read_escape(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  switch (text[1]) {
    case 't': return Escape{'\t', false, 2};
    case 'n': return Escape{'\n', false, 2};
    case 'r': return Escape{'\r', false, 2};
    case '"':
    case '\'':
    case '\\': return Escape{static_cast<uint8_t>(text[1]), false, 2};
    case 'u':
      if (text.size() > 2 && text[2] == '{') return read_unicode_escape(text);
      return std::nullopt;
    default: break;
  }
  if (text.size() < 3 || !is_hex_digit(text[1]) || !is_hex_digit(text[2])) return std::nullopt;
  return Escape{hex_value(text[1]) * 16 + hex_value(text[2]), false, 3};
}

/// What scanning a string literal found.
struct StringScan {
  size_t size = 0;  ///< with both quotes
  bool has_escapes = false;
  std::string_view problem;  ///< empty when all is well
};

/// `text` begins with a quote.
StringScan scan_string(std::string_view text) {
  StringScan scan;
  scan.size = 1;
  while (scan.size < text.size()) {
    const char c = text[scan.size];
    if (c == '"') {
      ++scan.size;
      return scan;
    }
    if (c == '\\') {
      const std::optional<Escape> escape = read_escape(text.substr(scan.size));
      if (!escape) {
        scan.problem = "illegal escape";
        return scan;
      }
      scan.has_escapes = true;
      scan.size += escape->size;
    } else if (has_class(c, kControl)) {
      scan.problem = c == '\n' || c == '\r' ? "unclosed string literal"
                                            : "illegal control character in string literal";
      return scan;
    } else {
      ++scan.size;
    }
  }
  scan.problem = "unclosed string literal";
  return scan;
}

template <typename Sink>
void unescape_into(std::string_view quoted, Sink&& append) {
  std::string_view rest = quoted.substr(1, quoted.size() - 2);
  while (!rest.empty()) {
    const size_t plain = std::min(rest.find('\\'), rest.size());
    append(rest.substr(0, plain));
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    const Escape escape = *read_escape(rest);
    std::string bytes;
    if (escape.is_code_point) {
      support::append_utf8(bytes, escape.value);
    } else {
      bytes.push_back(static_cast<char>(escape.value));
    }
    append(bytes);
    rest.remove_prefix(escape.size);
  }
}

TokenKind classify_hex(std::string_view text, size_t pos, bool has_sign) {
  const size_t whole = digits_size(text, pos, kHexDigit);
  if (whole == 0) return TokenKind::Reserved;
  pos += whole;
  if (pos == text.size()) return has_sign ? TokenKind::Int : TokenKind::Nat;
  if (text[pos] == '.') {
    ++pos;
    pos += digits_size(text, pos, kHexDigit);
  }
  if (pos < text.size() && (text[pos] | 0x20) == 'p') {
    ++pos;
    if (pos < text.size() && (text[pos] == '+' || text[pos] == '-')) ++pos;
    const size_t exponent = digits_size(text, pos, kDigit);
    if (exponent == 0) return TokenKind::Reserved;
    pos += exponent;
  }
  return pos == text.size() ? TokenKind::Float : TokenKind::Reserved;
}

TokenKind classify_decimal(std::string_view text, size_t pos, bool has_sign) {
  const size_t whole = digits_size(text, pos, kDigit);
  if (whole == 0) return TokenKind::Reserved;
  pos += whole;
  if (pos == text.size()) return has_sign ? TokenKind::Int : TokenKind::Nat;
  if (text[pos] == '.') {
    ++pos;
    pos += digits_size(text, pos, kDigit);
  }
  if (pos < text.size() && (text[pos] | 0x20) == 'e') {
    ++pos;
    if (pos < text.size() && (text[pos] == '+' || text[pos] == '-')) ++pos;
    const size_t exponent = digits_size(text, pos, kDigit);
    if (exponent == 0) return TokenKind::Reserved;
    pos += exponent;
  }
  return pos == text.size() ? TokenKind::Float : TokenKind::Reserved;
}

/// Kind of a run of id characters.
TokenKind classify_run(std::string_view text) {
  const char first = text[0];
  if (first == '$') return TokenKind::Id;
  if (has_class(first, kDigit) || first == '+' || first == '-') return classify_number(text);
  if (first >= 'a' && first <= 'z') {
    const TokenKind number = classify_number(text);
    return number == TokenKind::Reserved ? TokenKind::Keyword : number;
  }
  return TokenKind::Reserved;
}

}  // namespace

bool is_id_char(char c) {
  return has_class(c, kIdChar);
}

TokenKind classify_number(std::string_view text) {
  const bool has_sign = text[0] == '+' || text[0] == '-';
  const size_t pos = has_sign ? 1 : 0;
  const std::string_view magnitude = text.substr(pos);
  if (magnitude.starts_with("0x")) return classify_hex(text, pos + 2, has_sign);
  if (magnitude == "inf" || magnitude == "nan") return TokenKind::Float;
  if (magnitude.starts_with("nan:0x")) {
    const size_t payload = digits_size(magnitude, 6, kHexDigit);
    return payload > 0 && 6 + payload == magnitude.size() ? TokenKind::Float : TokenKind::Reserved;
  }
  return classify_decimal(text, pos, has_sign);
}

std::string unescape(std::string_view quoted) {
  std::string result;
  result.reserve(quoted.size());
  unescape_into(quoted, [&](std::string_view bytes) { result.append(bytes); });
  return result;
}

void unescape_to(std::string_view quoted, std::vector<uint8_t>& out) {
  unescape_into(quoted,
                [&](std::string_view bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); });
}

bool Lexer::skip_block_comment() {
  // Nested comments are counted, not recursed into.
  size_t depth = 0;
  while (pos_ < source_.size()) {
    if (source_[pos_] == '(' && at(pos_ + 1) == ';') {
      ++depth;
      pos_ += 2;
    } else if (source_[pos_] == ';' && at(pos_ + 1) == ')') {
      pos_ += 2;
      if (--depth == 0) return true;
    } else {
      ++pos_;
    }
  }
  return false;
}

bool Lexer::skip_space(Token& bad_token) {
  while (pos_ < source_.size()) {
    const char c = source_[pos_];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      ++pos_;
    } else if (c == ';' && at(pos_ + 1) == ';') {
      const size_t end = source_.find_first_of("\n\r", pos_);
      pos_ = static_cast<uint32_t>(std::min(end, source_.size()));
    } else if (c == '(' && at(pos_ + 1) == ';') {
      const uint32_t start = pos_;
      if (!skip_block_comment()) {
        bad_token = bad(start, "unclosed comment");
        return false;
      }
    } else {
      return true;
    }
  }
  return true;
}

Token Lexer::next() {
  Token token;
  if (!skip_space(token)) return token;
  if (pos_ >= source_.size()) return Token{TokenKind::End, pos_, {}};
  const char c = source_[pos_];
  if (c == '(' || c == ')') return lex_paren(false);
  return lex_run();
}

Token Lexer::next_in_annotation() {
  Token token;
  if (!skip_space(token)) return token;
  if (pos_ >= source_.size()) return Token{TokenKind::End, pos_, {}};
  const char c = source_[pos_];
  if (c == '(' || c == ')') return lex_paren(true);
  return lex_run();
}

Token Lexer::lex_paren(bool in_annotation) {
  const uint32_t start = pos_++;
  if (source_[start] == ')') return make(TokenKind::RightParen, start);
  if (in_annotation || at(pos_) != '@') return make(TokenKind::LeftParen, start);
  ++pos_;
  return lex_annotation_start(start);
}

Token Lexer::lex_annotation_start(uint32_t start) {
  if (at(pos_) == '"') {
    const StringScan scan = scan_string(source_.substr(pos_));
    if (!scan.problem.empty() || scan.size == 2) return bad(start, "empty annotation id");
    if (scan.has_escapes && !support::is_utf8(unescape(source_.substr(pos_, scan.size))))
      return bad(start, "malformed UTF-8 encoding");
    pos_ += static_cast<uint32_t>(scan.size);
    return make(TokenKind::AnnotationStart, start);
  }
  while (pos_ < source_.size() && is_id_char(source_[pos_])) ++pos_;
  if (pos_ == start + 2) return bad(start, "empty annotation id");
  return make(TokenKind::AnnotationStart, start);
}

Token Lexer::lex_run() {
  // A run of id characters and strings without anything between them is one token; of more than
  // one piece only `$"id"` means something.
  const uint32_t start = pos_;
  size_t pieces = 0;
  StringScan last_string;
  while (pos_ < source_.size()) {
    const uint32_t piece = pos_;
    if (source_[pos_] == '"') {
      last_string = scan_string(source_.substr(pos_));
      if (!last_string.problem.empty()) {
        const bool is_id = pieces == 1 && source_.substr(start, piece - start) == "$";
        return bad(is_id ? start : piece, is_id ? "empty identifier" : last_string.problem);
      }
      pos_ += static_cast<uint32_t>(last_string.size);
    } else {
      while (pos_ < source_.size() && is_id_char(source_[pos_])) ++pos_;
      if (pos_ == piece) break;
    }
    ++pieces;
  }
  const std::string_view text = source_.substr(start, pos_ - start);
  if (pieces == 0) {
    const char c = source_[start];
    if (std::string_view(",;[]{}").find(c) == std::string_view::npos)
      return bad(start, "illegal character");
    ++pos_;
    return make(TokenKind::Reserved, start);
  }
  if (text == "$" || text == "$\"\"") return bad(start, "empty identifier");
  if (pieces == 1 && text[0] == '"') return make(TokenKind::String, start);
  if (pieces == 1) return make(classify_run(text), start);
  if (pieces == 2 && text.starts_with("$\"")) {
    if (last_string.has_escapes && !support::is_utf8(unescape(text.substr(1))))
      return bad(start, "malformed UTF-8 encoding");
    return make(TokenKind::Id, start);
  }
  return make(TokenKind::Reserved, start);
}

}  // namespace brink::text
