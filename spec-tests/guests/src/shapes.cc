// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Virtual calls, multiple inheritance, templates, smart pointers, variants, static initialization
// order.

#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

namespace {

struct Announced {
  explicit Announced(const char* name) : name(name) { std::printf("make %s\n", name); }
  ~Announced() { std::printf("drop %s\n", name); }
  const char* name;
};

Announced first("first");
Announced second("second");

struct Named {
  virtual ~Named() = default;
  virtual std::string name() const = 0;
};

struct Measured {
  virtual ~Measured() = default;
  virtual double area() const = 0;
};

struct Shape : Named, Measured {};

struct Circle final : Shape {
  explicit Circle(double radius) : radius(radius) {}
  std::string name() const override { return "circle"; }
  double area() const override { return M_PI * radius * radius; }
  double radius;
};

struct Box : Shape {
  Box(double width, double height) : width(width), height(height) {}
  std::string name() const override { return width == height ? "square" : "box"; }
  double area() const override { return width * height; }
  double width, height;
};

template <std::size_t N>
constexpr std::array<unsigned, N> binomials() {
  std::array<unsigned, N> row{};
  row[0] = 1;
  for (std::size_t n = 1; n < N; n++) {
    for (std::size_t k = n; k > 0; k--) row[k] += row[k - 1];
  }
  return row;
}

using Token = std::variant<double, char, std::string>;

struct Describe {
  std::string operator()(double x) const { return "number " + std::to_string(x); }
  std::string operator()(char c) const { return std::string("sign ") + c; }
  std::string operator()(const std::string& s) const { return "word " + s; }
};

std::optional<int> half(int x) {
  if (x % 2) return std::nullopt;
  return x / 2;
}

template <typename... Parts>
double sum(Parts... parts) {
  return (0.0 + ... + parts);
}

}  // namespace

int main() {
  static Announced inside("inside");
  std::vector<std::unique_ptr<Shape>> shapes;
  shapes.push_back(std::make_unique<Circle>(1.5));
  shapes.push_back(std::make_unique<Box>(2, 3));
  shapes.push_back(std::make_unique<Box>(2, 2));
  for (const auto& shape : shapes) {
    const Measured& measured = *shape;
    std::printf("%s %.6f\n", shape->name().c_str(), measured.area());
  }
  for (unsigned value : binomials<12>()) std::printf("%u ", value);
  std::printf("\n");
  std::vector<Token> tokens = {1.25, '+', std::string("a long word that does not fit in place")};
  for (const Token& token : tokens) std::printf("%s\n", std::visit(Describe{}, token).c_str());
  std::function<int(int)> collatz = [&](int n) {
    return n == 1 ? 0 : 1 + collatz(half(n).value_or(3 * n + 1));
  };
  std::printf("%d %d\n", collatz(27), collatz(97));
  auto shared = std::make_shared<std::vector<int>>(10, 3);
  std::weak_ptr<std::vector<int>> weak = shared;
  std::printf("%ld %d ", shared.use_count(), weak.expired());
  shared.reset();
  std::printf("%d\n", weak.expired());
  auto [low, high] = std::make_tuple(sum(1, 2.5), sum(1, 2, 3, 4.25f));
  std::printf("%g %g %d\n", low, high, std::string_view("capability").substr(3, 4) == "abil");
}
