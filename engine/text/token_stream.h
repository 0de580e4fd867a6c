// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The tokens as the parsers see them: two tokens of lookahead, annotations taken out, and the
// errors that a token in the wrong place makes. Between the Lexer and the parsers.
//
// Annotations may stand between any two tokens. Those that mean nothing to Brink are skipped; the
// others are kept until the parser asks for them at a place where they mean something. One that
// nobody asked for is misplaced.

#ifndef BRINK_TEXT_TOKEN_STREAM_H_
#define BRINK_TEXT_TOKEN_STREAM_H_

#include <array>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brink/error.h"
#include "engine/text/lexer.h"

namespace brink::text {

/// Keeps strings alive that are not ranges of the source: unescaped identifiers and names.
using StringArena = std::deque<std::string>;

enum class AnnotationKind : uint8_t { Custom, Name, BranchHint };
inline constexpr size_t kAnnotationKinds = 3;

/// An annotation that Brink knows.
struct Annotation {
  AnnotationKind kind = AnnotationKind::Custom;
  uint32_t offset = 0;         ///< of `(@`
  uint32_t before_offset = 0;  ///< of the token that follows
  std::vector<Token> content;  ///< without the parentheses around it
};

/// "@custom", "@name", "@metadata.code.branch_hint".
std::string_view to_string(AnnotationKind kind);

/// Text that a lexer may read: smaller than the limit, valid UTF-8.
Status check_source(std::string_view source);

class TokenStream {
 public:
  /// Text above this size is refused: offsets, also those of the binary made of it, are 32 bits.
  static constexpr size_t kMaxSourceBytes = size_t{1} << 30;

  enum class Annotations : uint8_t { Skip, Keep };

  TokenStream(std::string_view source, uint32_t offset, StringArena& arena,
              Annotations annotations = Annotations::Skip)
      : source_(source), arena_(arena), lexer_(source, offset), annotation_mode_(annotations) {}

  std::string_view source() const { return source_; }
  StringArena& arena() { return arena_; }

  const Token& peek() {
    if (buffered_ == 0) fill();
    return buffer_[0];
  }
  const Token& peek_second() {
    while (buffered_ < 2) fill();
    return buffer_[1];
  }
  Token take();
  uint32_t offset() { return peek().offset; }

  bool at(TokenKind kind) { return peek().kind == kind; }
  bool at_keyword(std::string_view keyword) {
    return at(TokenKind::Keyword) && peek().text == keyword;
  }
  /// At `(keyword`.
  bool at_open(std::string_view keyword) {
    return at(TokenKind::LeftParen) && peek_second().kind == TokenKind::Keyword &&
           buffer_[1].text == keyword;
  }
  bool at_index() { return at(TokenKind::Nat) || at(TokenKind::Id); }

  // Each take_... consumes what it names, if it is there, and tells whether it was.
  bool take_keyword(std::string_view keyword);
  bool take_open(std::string_view keyword);
  bool take_close();
  /// The name of an identifier, without `$`.
  std::optional<std::string_view> take_id();

  // Each expect_... fails when what it names is not there.
  Status expect(TokenKind kind, std::string_view what);
  Status expect_open(std::string_view keyword);
  Status expect_close();
  Result<Token> expect_keyword();
  Result<uint32_t> expect_u32();
  Result<uint64_t> expect_u64();
  /// Any bytes.
  Result<std::string_view> expect_string();
  /// A string that is valid UTF-8 (spec: names).
  Result<std::string_view> expect_name();

  /// Consumes everything up to and including the `)` of the innermost open parenthesis.
  Status skip_to_close();

  /// The name that an Id token stands for.
  std::string_view id_name(const Token& id);

  /// The next annotation of this kind before the current token; nullptr if there is none.
  const Annotation* take_annotation(AnnotationKind kind) {
    peek();
    const AnnotationQueue& queue = annotations_[static_cast<size_t>(kind)];
    return queue.first == queue.items.size() ? nullptr : find_annotation(kind);
  }
  /// `id? (@name "...")?`, what both say. `what` is named, for messages.
  struct Names {
    std::optional<std::string_view> id;
    std::optional<std::string_view> shown;  ///< in the name section: the annotation's, else the id
  };
  Result<Names> take_names(std::string_view what);
  /// Fails if an annotation lay at a place nobody looked at, among those passed so far.
  Status check_misplaced();
  /// Whether annotations are kept from the next token on. Nothing may have been looked ahead at.
  void set_annotations(Annotations annotations) { annotation_mode_ = annotations; }

  /// The error for the current token: "unexpected token", or the lexer's message, or "unknown
  /// operator". `expected` says what would have been right, if that is one thing.
  std::unexpected<Error> unexpected(std::string_view expected = {});
  std::unexpected<Error> error(uint32_t offset, std::string message,
                               ErrorKind kind = ErrorKind::Malformed) const;
  /// For text that was read as an annotation's content.
  std::string_view string_value(const Token& string);

 private:
  /// The annotations of one kind, in order.
  struct AnnotationQueue {
    std::deque<Annotation> items;
    size_t first = 0;           ///< all before it are taken or misplaced
    size_t first_unplaced = 0;  ///< from here on before_offset is not known yet
  };

  void fill();
  Token read_token();
  /// nullopt: skipped well; else the Bad token to deliver.
  std::optional<Token> read_annotation(const Token& start);
  const Annotation* find_annotation(AnnotationKind kind);
  /// Moves on to the first annotation that is not behind the current token.
  void pass_misplaced(AnnotationQueue& queue);

  std::string_view source_;
  StringArena& arena_;
  Lexer lexer_;
  Annotations annotation_mode_;
  std::array<Token, 2> buffer_;
  uint32_t buffered_ = 0;

  std::array<AnnotationQueue, kAnnotationKinds> annotations_;
  const Annotation* misplaced_ = nullptr;  ///< the first misplaced one
};

}  // namespace brink::text

#endif  // BRINK_TEXT_TOKEN_STREAM_H_
