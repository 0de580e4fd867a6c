// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Huffman codes: counts, a tree by a heap, bits written and read again.

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { kBytes = 300000, kSymbols = 256, kNodes = 2 * kSymbols };
static uint8_t input[kBytes], output[kBytes];
static uint8_t packed[kBytes * 2];
static uint32_t weight[kNodes];
static uint16_t child[kNodes][2], heap[kNodes];
static uint32_t code[kSymbols];
static uint8_t length[kSymbols];
static int heap_size;

static void sift_down(int at) {
  const uint16_t node = heap[at];
  for (int next; (next = 2 * at + 1) < heap_size; at = next) {
    if (next + 1 < heap_size && weight[heap[next + 1]] < weight[heap[next]]) next++;
    if (weight[node] <= weight[heap[next]]) break;
    heap[at] = heap[next];
  }
  heap[at] = node;
}

static uint16_t take(void) {
  const uint16_t node = heap[0];
  heap[0] = heap[--heap_size];
  sift_down(0);
  return node;
}

static void assign(int node, uint32_t bits, int depth) {
  if (node < kSymbols) {
    code[node] = bits, length[node] = depth;
    return;
  }
  assign(child[node][0], bits, depth + 1);
  assign(child[node][1], bits | 1u << depth, depth + 1);
}

static int make_codes(void) {
  memset(weight, 0, sizeof weight);
  for (int i = 0; i < kBytes; i++) weight[input[i]]++;
  heap_size = 0;
  for (int s = 0; s < kSymbols; s++)
    if (weight[s] != 0) heap[heap_size++] = s;
  for (int i = heap_size / 2; i-- > 0;) sift_down(i);
  int node = kSymbols;
  for (; heap_size > 1; node++) {
    child[node][0] = take();
    child[node][1] = heap[0];
    weight[node] = weight[child[node][0]] + weight[child[node][1]];
    heap[0] = node;
    sift_down(0);
  }
  assign(node - 1, 0, 0);
  return node - 1;
}

static uint32_t pack(void) {
  uint64_t bits = 0;
  int count = 0;
  uint32_t size = 0;
  for (int i = 0; i < kBytes; i++) {
    bits |= (uint64_t)code[input[i]] << count;
    count += length[input[i]];
    for (; count >= 8; count -= 8, bits >>= 8) packed[size++] = (uint8_t)bits;
  }
  packed[size++] = (uint8_t)bits;
  return size;
}

static void unpack(int root) {
  uint32_t at = 0;
  for (int i = 0; i < kBytes; i++) {
    int node = root;
    while (node >= kSymbols) {
      node = child[node][packed[at >> 3] >> (at & 7) & 1];
      at++;
    }
    output[i] = node;
  }
}

int main(void) {
  uint32_t state = 1, total = 0;
  for (int round = 0; round < 4; round++) {
    for (int i = 0; i < kBytes; i++) {
      state = state * 1103515245 + 12345;
      const uint32_t r = state >> 16;
      input[i] = 'a' + (r & (r >> 5) & 31) + (r % 61 == 0 ? 64 + round : 0);
    }
    const int root = make_codes();
    total += pack();
    unpack(root);
    if (memcmp(input, output, kBytes) != 0) return puts("lost"), 1;
  }
  printf("%u of %u\n", total, 4 * kBytes);
  return 0;
}
