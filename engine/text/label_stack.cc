// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0

#include "engine/text/label_stack.h"

#include <fmt/format.h>

namespace brink::text {

void LabelStack::clear() {
  labels_.clear();
  innermost_of_name_.clear();
}

void LabelStack::push(std::optional<std::string_view> name) {
  Label label{name, kNone};
  const auto index = static_cast<uint32_t>(labels_.size());
  if (name) {
    const auto [entry, is_new] = innermost_of_name_.emplace(*name, index);
    if (!is_new) {
      label.shadowed = entry->second;
      entry->second = index;
    }
  }
  labels_.push_back(label);
}

void LabelStack::pop() {
  const Label label = labels_.back();
  labels_.pop_back();
  if (!label.name) return;
  if (label.shadowed == kNone) {
    innermost_of_name_.erase(*label.name);
  } else {
    innermost_of_name_[*label.name] = label.shadowed;
  }
}

Result<uint32_t> LabelStack::expect_label(TokenStream& tokens) const {
  if (tokens.at(TokenKind::Nat)) return tokens.expect_u32();
  const uint32_t offset = tokens.offset();
  const std::optional<std::string_view> name = tokens.take_id();
  if (!name) return tokens.unexpected("a label");
  const auto found = innermost_of_name_.find(*name);
  if (found == innermost_of_name_.end())
    return tokens.error(offset, fmt::format("unknown label ${}", *name));
  return static_cast<uint32_t>(labels_.size()) - 1 - found->second;
}

}  // namespace brink::text
