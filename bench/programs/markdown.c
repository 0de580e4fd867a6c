// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// A small Markdown: headings, lists, quotes, code, emphasis and links become HTML in a buffer that
// grows.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct buffer {
  char* data;
  size_t size, capacity;
};

static void put(struct buffer* b, char c) {
  if (b->size == b->capacity) {
    b->capacity = b->capacity ? 2 * b->capacity : 64;
    b->data = realloc(b->data, b->capacity);
  }
  b->data[b->size++] = c;
}

static void put_text(struct buffer* b, const char* text) {
  while (*text) put(b, *text++);
}

static void put_escaped(struct buffer* b, char c) {
  switch (c) {
    case '<': put_text(b, "&lt;"); break;
    case '>': put_text(b, "&gt;"); break;
    case '&': put_text(b, "&amp;"); break;
    case '"': put_text(b, "&quot;"); break;
    default: put(b, c);
  }
}

static const char* find(const char* from, const char* end, const char* what) {
  const size_t length = strlen(what);
  for (; from + length <= end; from++)
    if (memcmp(from, what, length) == 0) return from;
  return NULL;
}

static void inline_text(struct buffer* b, const char* p, const char* end) {
  static const struct {
    const char *mark, *open, *close;
  } kSpans[] = {
      {"**", "<strong>", "</strong>"}, {"*", "<em>", "</em>"}, {"`", "<code>", "</code>"}};
  while (p < end) {
    int is_span = 0;
    for (int i = 0; i < 3 && !is_span; i++) {
      const size_t length = strlen(kSpans[i].mark);
      if (p + length > end || memcmp(p, kSpans[i].mark, length) != 0) continue;
      const char* close = find(p + length, end, kSpans[i].mark);
      if (!close) continue;
      put_text(b, kSpans[i].open);
      inline_text(b, p + length, close);
      put_text(b, kSpans[i].close);
      p = close + length;
      is_span = 1;
    }
    if (is_span) continue;
    if (*p == '[') {
      const char* middle = find(p, end, "](");
      const char* close = middle ? find(middle, end, ")") : NULL;
      if (close) {
        put_text(b, "<a href=\"");
        for (const char* q = middle + 2; q < close; q++) put_escaped(b, *q);
        put_text(b, "\">");
        inline_text(b, p + 1, middle);
        put_text(b, "</a>");
        p = close + 1;
        continue;
      }
    }
    put_escaped(b, *p++);
  }
}

static void line(struct buffer* b, const char* p, const char* end) {
  char tag[4] = "p";
  if (*p == '#') {
    int level = 0;
    while (p < end && *p == '#') p++, level++;
    tag[0] = 'h', tag[1] = (char)('0' + (level < 6 ? level : 6)), tag[2] = 0;
  } else if (end - p > 1 && (*p == '-' || *p == '+') && p[1] == ' ') {
    p++, strcpy(tag, "li");
  } else if (*p == '>') {
    p++, strcpy(tag, "q");
  }
  while (p < end && *p == ' ') p++;
  put(b, '<'), put_text(b, tag), put(b, '>');
  inline_text(b, p, end);
  put_text(b, "</"), put_text(b, tag), put(b, '>'), put(b, '\n');
}

static const char kSource[] =
    "# A title with *emphasis* & <signs>\n"
    "Some text that goes on for a while, with **strong words** and `code()` in it, \"quoted\".\n"
    "- an item with a [link](https://example.org/?a=1&b=2) to somewhere\n"
    "- another one, **with *nested* marks** and a lonely * star\n"
    "> what somebody said about it, [not a link] at all\n"
    "### A third level\n"
    "Plain paragraph without any marks, as most of them are; it only has to be copied, byte by "
    "byte.\n";

int main(void) {
  uint32_t hash = 2166136261u;
  size_t total = 0;
  for (int round = 0; round < 2500; round++) {
    struct buffer html = {0};
    for (const char* p = kSource; *p;) {
      const char* end = strchr(p, '\n');
      line(&html, p, end);
      p = end + 1;
    }
    for (size_t i = 0; i < html.size; i += 7) hash = (hash ^ (uint8_t)html.data[i]) * 16777619u;
    total += html.size;
    free(html.data);
  }
  printf("%zu %08x\n", total, hash);
  return 0;
}
