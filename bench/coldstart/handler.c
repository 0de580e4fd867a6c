// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// A request handler as they run by the thousand: parses an HTTP request, looks things up in tables
// that are part of the program, answers with a page of some 9 KiB. A request with an unknown method
// is rejected at once: that is the cost of starting and nothing else.
//
//     request()          where the host writes the request
//     handle(length)     the length of the response
//     response()         where it lies
//
// One import: env.log(address, length).

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT(name) __attribute__((export_name(#name))) name

__attribute__((import_module("env"), import_name("log"))) void log_line(const char* text, int size);

enum { kMaxRequest = 4096, kMaxHeaders = 32, kRecords = 1024 };

typedef struct {
  const char* name;
  int name_size;
  const char* value;
  int value_size;
} Header;

typedef struct {
  const char* method;
  int method_size;
  const char* path;
  int path_size;
  Header headers[kMaxHeaders];
  int header_count;
} Request;

typedef struct {
  uint32_t key;
  uint32_t price;
  char title[48];
} Record;

// 56 KiB of catalogue and 8 KiB of a permutation, initialized: a program's own data.
#define R1(n) {(n) * 2654435761u, (n) * 37u % 9973u, "An article of the catalogue, the usual one"}
#define R4(n) R1(n), R1((n) + 1), R1((n) + 2), R1((n) + 3)
#define R16(n) R4(n), R4((n) + 4), R4((n) + 8), R4((n) + 12)
#define R64(n) R16(n), R16((n) + 16), R16((n) + 32), R16((n) + 48)
#define R256(n) R64(n), R64((n) + 64), R64((n) + 128), R64((n) + 192)
static Record catalogue[kRecords] = {R256(0), R256(256), R256(512), R256(768)};

static const char* const reasons[] = {"OK", "Bad Request", "Not Found", "Method Not Allowed"};
static const int codes[] = {200, 400, 404, 405};

static char request_bytes[kMaxRequest];
static uint32_t requests_served;
static char small_answer[256];
static char* response_bytes;

typedef struct {
  char* bytes;
  int size;
  int room;
} Text;

static void reserve(Text* text, int more) {
  if (text->size + more <= text->room) return;
  text->room = (text->size + more) * 2;
  text->bytes = realloc(text->bytes, (size_t)text->room);
}
static void append(Text* text, const char* bytes, int size) {
  reserve(text, size);
  memcpy(text->bytes + text->size, bytes, (size_t)size);
  text->size += size;
}
static void append_string(Text* text, const char* string) {
  append(text, string, (int)strlen(string));
}
static void append_number(Text* text, uint32_t number) {
  char digits[12];
  int size = 0;
  do digits[sizeof digits - ++size] = (char)('0' + number % 10);
  while ((number /= 10) != 0);
  append(text, digits + sizeof digits - size, size);
}
static void append_escaped(Text* text, const char* bytes, int size) {
  for (int i = 0; i < size; ++i) {
    switch (bytes[i]) {
      case '<': append(text, "&lt;", 4); break;
      case '>': append(text, "&gt;", 4); break;
      case '&': append(text, "&amp;", 5); break;
      case '"': append(text, "&quot;", 6); break;
      default: append(text, bytes + i, 1);
    }
  }
}

static int parse(Request* request, const char* text, int size) {
  const char* const end = text + size;
  const char* p = text;
  request->method = p;
  while (p < end && *p != ' ') ++p;
  request->method_size = (int)(p - text);
  if (p == end) return 0;
  request->path = ++p;
  while (p < end && *p != ' ') ++p;
  request->path_size = (int)(p - request->path);
  while (p < end && *p != '\n') ++p;
  if (p == end) return 0;
  ++p;
  while (p < end && *p != '\r' && request->header_count < kMaxHeaders) {
    Header* const header = &request->headers[request->header_count++];
    header->name = p;
    while (p < end && *p != ':') ++p;
    header->name_size = (int)(p - header->name);
    while (p < end && (*p == ':' || *p == ' ')) ++p;
    header->value = p;
    while (p < end && *p != '\r') ++p;
    header->value_size = (int)(p - header->value);
    while (p < end && (*p == '\r' || *p == '\n') && *p != 0) {
      ++p;
      if (p[-1] == '\n') break;
    }
  }
  return 1;
}

static uint32_t hash(const char* bytes, int size) {
  uint32_t h = 2166136261u;
  for (int i = 0; i < size; ++i) h = (h ^ (uint8_t)bytes[i]) * 16777619u;
  return h;
}

static const Record* look_up(uint32_t key) {
  // Open addressing over a table in some order: looks at a few records.
  for (uint32_t i = 0; i < 8; ++i) {
    const Record* const record = &catalogue[(key + i * 97) % kRecords];
    if ((record->key ^ key) % 16 == 0) return record;
  }
  return &catalogue[key % kRecords];
}

static void write_row(Text* page, int i, const Record* record) {
  append_string(page, "<tr><td>");
  append_number(page, (uint32_t)i);
  append_string(page, "</td><td class=\"title\">");
  append_escaped(page, record->title, (int)strlen(record->title));
  append_string(page, "</td><td>");
  append_number(page, record->price);
  append_string(page, "</td></tr>\n");
}

static int answer(int kind, const char* body, int size) {
  Text text = {0};
  append_string(&text, "HTTP/1.1 ");
  append_number(&text, (uint32_t)codes[kind]);
  append_string(&text, " ");
  append_string(&text, reasons[kind]);
  append_string(&text, "\r\nContent-Type: text/html\r\nContent-Length: ");
  append_number(&text, (uint32_t)size);
  append_string(&text, "\r\n\r\n");
  append(&text, body, size);
  if (response_bytes != small_answer) free(response_bytes);
  response_bytes = text.bytes;
  return text.size;
}

static int render(const Request* request) {
  Text page = {0};
  append_string(&page, "<html><head><title>");
  append_escaped(&page, request->path, request->path_size);
  append_string(&page, "</title></head><body><dl>\n");
  uint32_t seed = hash(request->path, request->path_size);
  for (int i = 0; i < request->header_count; ++i) {
    const Header* const header = &request->headers[i];
    append_string(&page, "<dt>");
    append_escaped(&page, header->name, header->name_size);
    append_string(&page, "</dt><dd>");
    append_escaped(&page, header->value, header->value_size);
    append_string(&page, "</dd>\n");
    seed ^= hash(header->value, header->value_size);
  }
  append_string(&page, "</dl><table>\n");
  for (int i = 0; i < 72; ++i) {
    seed = seed * 1664525u + 1013904223u;
    write_row(&page, i, look_up(seed >> 8));
  }
  append_string(&page, "</table></body></html>\n");
  const int size = answer(0, page.bytes, page.size);
  free(page.bytes);
  return size;
}

char* EXPORT(request)(void) {
  return request_bytes;
}
char* EXPORT(response)(void) {
  return response_bytes;
}

int EXPORT(handle)(int size) {
  ++requests_served;
  Request request = {0};
  if (size < 4 || size > kMaxRequest ||
      (memcmp(request_bytes, "GET ", 4) != 0 && memcmp(request_bytes, "POST", 4) != 0)) {
    response_bytes = small_answer;
    strcpy(small_answer, "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n");
    return (int)strlen(small_answer);
  }
  if (!parse(&request, request_bytes, size)) return answer(1, "", 0);
  log_line(request.path, request.path_size);
  return render(&request);
}
