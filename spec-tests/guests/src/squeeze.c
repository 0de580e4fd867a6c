// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// A compressor from standard input to standard output: LZ77 over a 32 KiB window, then Huffman
// codes. `squeeze` compresses, `squeeze -d` expands, `squeeze -t` does both and compares.
//
// Format: size (4 bytes), then 286 + 30 code lengths of 4 bits, then the bit stream. Symbols below
// 256 are bytes; 256 + n is a match whose length has n bits after its leading one; distances
// likewise.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
  kWindow = 32768,
  kMinMatch = 4,
  kMaxMatch = 1 << 15,
  kHashBits = 15,
  kMaxChain = 32,
  kSymbols = 286,
  kDistances = 30,
  kMaxCode = 15
};

struct buffer {
  uint8_t* bytes;
  size_t size, room;
};

static void put(struct buffer* out, int byte) {
  if (out->size == out->room) {
    out->room = out->room ? out->room * 2 : 4096;
    out->bytes = realloc(out->bytes, out->room);
  }
  out->bytes[out->size++] = (uint8_t)byte;
}

struct bits {
  struct buffer* buffer;
  uint64_t pending;
  int count;
  size_t next;
};

static void put_bits(struct bits* bits, uint32_t value, int count) {
  bits->pending |= (uint64_t)value << bits->count;
  for (bits->count += count; bits->count >= 8; bits->count -= 8, bits->pending >>= 8) {
    put(bits->buffer, (int)(bits->pending & 255));
  }
}

static void flush_bits(struct bits* bits) {
  if (bits->count) put(bits->buffer, (int)(bits->pending & 255));
}

static uint32_t get_bits(struct bits* bits, int count) {
  while (bits->count < count) {
    uint64_t byte = bits->next < bits->buffer->size ? bits->buffer->bytes[bits->next] : 0;
    bits->next++;
    bits->pending |= byte << bits->count;
    bits->count += 8;
  }
  uint32_t value = (uint32_t)(bits->pending & (((uint64_t)1 << count) - 1));
  bits->pending >>= count;
  bits->count -= count;
  return value;
}

// A token is a byte (distance 0) or a match of `length` bytes.
struct token {
  uint32_t length, distance;
};

static int log2_of(uint32_t value) {
  return 31 - __builtin_clz(value);
}

static uint32_t hash4(const uint8_t* p) {
  uint32_t word;
  memcpy(&word, p, 4);
  return (word * 2654435761u) >> (32 - kHashBits);
}

static size_t find_tokens(const uint8_t* data, size_t size, struct token* tokens) {
  int32_t* head = malloc(sizeof(int32_t) << kHashBits);
  int32_t* chain = malloc(sizeof(int32_t) * kWindow);
  memset(head, -1, sizeof(int32_t) << kHashBits);
  size_t count = 0;
  for (size_t at = 0; at < size;) {
    uint32_t best = 0, distance = 0;
    if (at + kMinMatch <= size) {
      int32_t old = head[hash4(data + at)];
      for (int tries = 0; old >= 0 && at - (size_t)old < kWindow && tries < kMaxChain; tries++) {
        uint32_t length = 0;
        while (at + length < size && length < kMaxMatch &&
               data[(size_t)old + length] == data[at + length]) {
          length++;
        }
        if (length > best) best = length, distance = (uint32_t)(at - (size_t)old);
        int32_t older = chain[old % kWindow];
        if (older >= old) break;
        old = older;
      }
    }
    struct token token =
        best >= kMinMatch ? (struct token){best, distance} : (struct token){data[at], 0};
    tokens[count++] = token;
    size_t step = token.distance ? token.length : 1;
    for (; step; step--, at++) {
      if (at + kMinMatch > size) continue;
      uint32_t slot = hash4(data + at);
      chain[at % kWindow] = head[slot];
      head[slot] = (int32_t)at;
    }
  }
  free(head);
  free(chain);
  return count;
}

// Code lengths by repeatedly joining the two rarest; frequencies are flattened until all lengths
// fit.
static void code_lengths(const uint32_t* counts, int symbols, uint8_t* lengths) {
  uint32_t weight[2 * kSymbols];
  int parent[2 * kSymbols];
  for (int flatten = 0;; flatten++) {
    int nodes = symbols, longest = 0;
    for (int i = 0; i < symbols; i++) weight[i] = counts[i] ? (counts[i] >> flatten) + 1 : 0;
    memset(parent, 0, sizeof parent);
    for (;;) {
      int a = -1, b = -1;
      for (int i = 0; i < nodes; i++) {
        if (!weight[i] || parent[i]) continue;
        if (a < 0 || weight[i] < weight[a])
          b = a, a = i;
        else if (b < 0 || weight[i] < weight[b])
          b = i;
      }
      if (b < 0) {
        if (a >= 0 && nodes == symbols) parent[a] = nodes++;
        break;
      }
      weight[nodes] = weight[a] + weight[b];
      parent[a] = parent[b] = nodes++;
    }
    for (int i = 0; i < symbols; i++) {
      int length = 0;
      for (int node = i; weight[i] && parent[node]; node = parent[node]) length++;
      lengths[i] = (uint8_t)length;
      if (length > longest) longest = length;
    }
    if (longest <= kMaxCode) return;
  }
}

// Canonical codes, first bit of the code in the lowest bit.
static void assign_codes(const uint8_t* lengths, int symbols, uint16_t* codes) {
  uint32_t code = 0;
  for (int length = 1; length <= kMaxCode; length++, code <<= 1) {
    for (int i = 0; i < symbols; i++) {
      if (lengths[i] != length) continue;
      uint32_t flipped = 0;
      for (int bit = 0; bit < length; bit++) flipped |= ((code >> bit) & 1) << (length - 1 - bit);
      codes[i] = (uint16_t)flipped;
      code++;
    }
  }
}

static struct buffer compress(const struct buffer* in) {
  struct token* tokens = malloc(sizeof *tokens * (in->size + 1));
  size_t count = find_tokens(in->bytes, in->size, tokens);
  uint32_t symbol_counts[kSymbols] = {0}, distance_counts[kDistances] = {0};
  for (size_t i = 0; i < count; i++) {
    if (!tokens[i].distance) {
      symbol_counts[tokens[i].length]++;
    } else {
      symbol_counts[256 + log2_of(tokens[i].length)]++;
      distance_counts[log2_of(tokens[i].distance)]++;
    }
  }
  uint8_t lengths[kSymbols], distance_lengths[kDistances];
  uint16_t codes[kSymbols], distance_codes[kDistances];
  code_lengths(symbol_counts, kSymbols, lengths);
  code_lengths(distance_counts, kDistances, distance_lengths);
  assign_codes(lengths, kSymbols, codes);
  assign_codes(distance_lengths, kDistances, distance_codes);

  struct buffer out = {NULL, 0, 0};
  struct bits bits = {&out, 0, 0, 0};
  put_bits(&bits, (uint32_t)in->size, 32);
  for (int i = 0; i < kSymbols; i++) put_bits(&bits, lengths[i], 4);
  for (int i = 0; i < kDistances; i++) put_bits(&bits, distance_lengths[i], 4);
  for (size_t i = 0; i < count; i++) {
    struct token token = tokens[i];
    if (!token.distance) {
      put_bits(&bits, codes[token.length], lengths[token.length]);
      continue;
    }
    int size = log2_of(token.length), far = log2_of(token.distance);
    put_bits(&bits, codes[256 + size], lengths[256 + size]);
    put_bits(&bits, token.length & ((1u << size) - 1), size);
    put_bits(&bits, distance_codes[far], distance_lengths[far]);
    put_bits(&bits, token.distance & ((1u << far) - 1), far);
  }
  flush_bits(&bits);
  free(tokens);
  return out;
}

// The codes of one alphabet in decoding order: symbols by (length, symbol).
struct decoder {
  int counts[kMaxCode + 1];
  int symbols[kSymbols];
};

static void prepare(struct decoder* decoder, const uint8_t* lengths, int symbols) {
  memset(decoder, 0, sizeof *decoder);
  int next = 0;
  for (int length = 1; length <= kMaxCode; length++) {
    for (int i = 0; i < symbols; i++) {
      if (lengths[i] == length) decoder->symbols[next++] = i, decoder->counts[length]++;
    }
  }
}

static int decode(const struct decoder* decoder, struct bits* bits) {
  int code = 0, first = 0, index = 0;
  for (int length = 1; length <= kMaxCode; length++) {
    code |= (int)get_bits(bits, 1);
    int count = decoder->counts[length];
    if (code - first < count) return decoder->symbols[index + code - first];
    index += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  return -1;
}

static int expand(struct buffer* in, struct buffer* out) {
  struct bits bits = {in, 0, 0, 0};
  size_t size = get_bits(&bits, 32);
  uint8_t lengths[kSymbols], distance_lengths[kDistances];
  for (int i = 0; i < kSymbols; i++) lengths[i] = (uint8_t)get_bits(&bits, 4);
  for (int i = 0; i < kDistances; i++) distance_lengths[i] = (uint8_t)get_bits(&bits, 4);
  struct decoder symbols, distances;
  prepare(&symbols, lengths, kSymbols);
  prepare(&distances, distance_lengths, kDistances);
  while (out->size < size) {
    int symbol = decode(&symbols, &bits);
    if (symbol < 0 || bits.next > in->size + 8) return -1;
    if (symbol < 256) {
      put(out, symbol);
      continue;
    }
    uint32_t length = (1u << (symbol - 256)) | get_bits(&bits, symbol - 256);
    int far = decode(&distances, &bits);
    if (far < 0) return -1;
    size_t distance = (1u << far) | get_bits(&bits, far);
    if (distance > out->size) return -1;
    for (; length; length--) put(out, out->bytes[out->size - distance]);
  }
  return 0;
}

static struct buffer read_all(FILE* file) {
  struct buffer all = {NULL, 0, 0};
  for (int c = getc(file); c != EOF; c = getc(file)) put(&all, c);
  return all;
}

static int self_test(struct buffer* in) {
  struct buffer packed = compress(in), back = {NULL, 0, 0};
  int wrong = expand(&packed, &back) < 0 || back.size != in->size ||
              (in->size && memcmp(back.bytes, in->bytes, in->size) != 0);
  printf("%zu -> %zu -> %zu bytes: %s\n", in->size, packed.size, back.size,
         wrong ? "wrong" : "same");
  return wrong;
}

int main(int argc, char** argv) {
  struct buffer in = read_all(stdin), out = {NULL, 0, 0};
  if (argc > 1 && !strcmp(argv[1], "-t")) return self_test(&in);
  if (argc > 1 && !strcmp(argv[1], "-d")) {
    if (expand(&in, &out) < 0) {
      fprintf(stderr, "squeeze: the input is damaged\n");
      return 1;
    }
  } else {
    out = compress(&in);
  }
  fwrite(out.bytes, 1, out.size, stdout);
  return 0;
}
