// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The labels around an instruction. Finding one takes the same time however deep it lies.

#ifndef BRINK_TEXT_LABEL_STACK_H_
#define BRINK_TEXT_LABEL_STACK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "brink/error.h"
#include "engine/text/token_stream.h"

namespace brink::text {

class LabelStack {
 public:
  void clear();
  void push(std::optional<std::string_view> name);
  void pop();
  /// The name of the innermost label.
  std::optional<std::string_view> innermost() const { return labels_.back().name; }
  /// A depth as a number, or as the name of a label.
  Result<uint32_t> expect_label(TokenStream& tokens) const;

 private:
  static constexpr uint32_t kNone = ~uint32_t{0};
  struct Label {
    std::optional<std::string_view> name;
    uint32_t shadowed = kNone;  ///< the next outer label of the same name
  };
  std::vector<Label> labels_;
  std::map<std::string_view, uint32_t> innermost_of_name_;
};

}  // namespace brink::text

#endif  // BRINK_TEXT_LABEL_STACK_H_
