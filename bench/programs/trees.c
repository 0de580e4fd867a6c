// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// The allocator: binary trees made and dropped, and one that lives throughout.

#include <stdio.h>
#include <stdlib.h>

struct node {
  struct node *left, *right;
};

static struct node* grow(int depth) {
  struct node* node = malloc(sizeof *node);
  node->left = depth ? grow(depth - 1) : NULL;
  node->right = depth ? grow(depth - 1) : NULL;
  return node;
}

static int count(const struct node* node) {
  return node->left ? 1 + count(node->left) + count(node->right) : 1;
}

static void drop(struct node* node) {
  if (node->left) drop(node->left), drop(node->right);
  free(node);
}

int main(void) {
  enum { kDepth = 14 };
  struct node* kept = grow(kDepth);
  for (int depth = 4; depth <= kDepth; depth += 2) {
    int rounds = 1 << (kDepth - depth + 3), total = 0;
    for (int i = 0; i < rounds; i++) {
      struct node* tree = grow(depth);
      total += count(tree);
      drop(tree);
    }
    printf("%d ", total);
  }
  printf("%d\n", count(kept));
  return 0;
}
