// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// An index space of the text format (spec: text format, identifier contexts): how many things there
// are and which identifiers name them.

#ifndef BRINK_TEXT_INDEX_SPACE_H_
#define BRINK_TEXT_INDEX_SPACE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "brink/error.h"
#include "engine/text/token_stream.h"

namespace brink::text {

/// Names by ascending index, as the name section lists them.
using NameMap = std::vector<std::pair<uint32_t, std::string_view>>;

class IndexSpace {
 public:
  /// `what` the space holds, for messages: "function", "local", ...
  explicit IndexSpace(std::string_view what) : what_(what) {}

  uint32_t size() const { return size_; }
  std::string_view what() const { return what_; }
  void clear();

  /// Adds `count` things without a name.
  void add(uint32_t count = 1) { size_ += count; }
  /// Adds one thing, named if there is an identifier; `offset` is where the source names it.
  Status add(std::optional<std::string_view> id, const TokenStream& tokens, uint32_t offset);
  /// Adds one thing, with the identifier that stands in front of `tokens`, if there is one.
  Status declare(TokenStream& tokens);

  std::optional<uint32_t> find(std::string_view name) const;
  /// A number, which may be out of bounds, or an identifier, which must be known.
  Result<uint32_t> expect_index(TokenStream& tokens) const;

 private:
  std::string_view what_;
  uint32_t size_ = 0;
  std::map<std::string_view, uint32_t> by_name_;  // no hash table: the keys are hostile
};

}  // namespace brink::text

#endif  // BRINK_TEXT_INDEX_SPACE_H_
