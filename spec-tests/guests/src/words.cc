// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Counts the words of standard input with the containers, strings and streams of the C++ library.

#include <algorithm>
#include <cctype>
#include <deque>
#include <iomanip>
#include <iostream>
#include <list>
#include <map>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

std::string lower(std::string word) {
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  word.erase(
      std::remove_if(word.begin(), word.end(), [](unsigned char c) { return !std::isalnum(c); }),
      word.end());
  return word;
}

void print_most_common(const std::unordered_map<std::string, int>& counts) {
  std::vector<std::pair<std::string, int>> order(counts.begin(), counts.end());
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (order.size() > 10) order.resize(10);
  for (const auto& [word, count] : order) {
    std::cout << std::left << std::setw(12) << word << std::right << std::setw(6) << count << '\n';
  }
}

void print_by_length(const std::unordered_map<std::string, int>& counts) {
  std::map<std::size_t, std::set<std::string>> by_length;
  for (const auto& entry : counts) by_length[entry.first.size()].insert(entry.first);
  for (const auto& [length, words] : by_length) {
    std::cout << length << ": " << words.size() << " words, " << *words.begin() << " to "
              << *words.rbegin() << '\n';
  }
}

}  // namespace

int main() {
  std::unordered_map<std::string, int> counts;
  std::deque<std::string> recent;
  std::string line;
  int lines = 0;
  while (std::getline(std::cin, line)) {
    lines++;
    std::istringstream words(line);
    for (std::string word; words >> word;) {
      word = lower(word);
      if (word.empty()) continue;
      counts[word]++;
      recent.push_back(word);
      if (recent.size() > 5) recent.pop_front();
    }
  }
  std::cout << lines << " lines, " << counts.size() << " different words\n";
  print_most_common(counts);
  print_by_length(counts);
  std::list<std::string> last(recent.begin(), recent.end());
  last.sort();
  last.unique();
  std::cout << std::accumulate(
                   last.begin(), last.end(), std::string("last:"),
                   [](std::string all, const std::string& word) { return all + ' ' + word; })
            << '\n';
  std::cout << std::hex << std::showbase << counts.size() << ' ' << std::fixed
            << std::setprecision(3) << 22.0 / 7 << '\n';
}
