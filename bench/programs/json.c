// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Parsing: a JSON text is written, read into a tree of linked values, and walked.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { kNull, kBool, kNumber, kString, kArray, kObject };

struct value {
  enum kind kind;
  double number;
  const char *text, *key;
  struct value *first, *next;
};

enum { kRecords = 6000, kRounds = 4 };
static char json[kRecords * 160], scratch[kRecords * 160];
static struct value values[kRecords * 16];
static int used;
static const char* at;
static char* out;

static void write_text(void) {
  char* p = json;
  *p++ = '[';
  for (int i = 0; i < kRecords; i++) {
    p += sprintf(p, "%s\n  {\"id\": %d, \"name\": \"item \\\"%d\\\"\", \"ratio\": %d.%03d, ",
                 i ? "," : "", i, i * 7919 % 1000, i % 17 - 8, i * 31 % 1000);
    p += sprintf(p,
                 "\"tags\": [\"a%d\", \"b\", null], \"more\": {\"on\": %s, \"deep\": [[], [%d]]}}",
                 i % 9, i & 1 ? "true" : "false", i);
  }
  strcpy(p, "]");
}

static void skip_space(void) {
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') at++;
}

static const char* parse_string(void) {
  char* start = out;
  for (at++; *at != '"'; at++) {
    if (*at == '\\') at++;
    *out++ = *at;
  }
  at++;
  *out++ = 0;
  return start;
}

static double parse_number(void) {
  double number = 0, scale = 1;
  int negative = *at == '-';
  at += negative;
  for (; *at >= '0' && *at <= '9'; at++) number = number * 10 + (*at - '0');
  if (*at == '.') {
    for (at++; *at >= '0' && *at <= '9'; at++) number += (*at - '0') * (scale /= 10);
  }
  return negative ? -number : number;
}

static struct value* parse(void) {
  struct value* value = &values[used++];
  memset(value, 0, sizeof *value);
  skip_space();
  if (*at == '"') {
    value->kind = kString;
    value->text = parse_string();
  } else if (*at == '[' || *at == '{') {
    char close = *at == '[' ? ']' : '}';
    value->kind = *at++ == '[' ? kArray : kObject;
    struct value** end = &value->first;
    for (skip_space(); *at != close; skip_space()) {
      const char* key = NULL;
      if (*at == ',') at++;
      skip_space();
      if (close == '}') {
        key = parse_string();
        skip_space();
        at++;
      }
      *end = parse();
      (*end)->key = key;
      end = &(*end)->next;
    }
    at++;
  } else if (*at == 't' || *at == 'f' || *at == 'n') {
    value->kind = *at == 'n' ? kNull : kBool;
    value->number = *at == 't';
    at += *at == 'f' ? 5 : 4;
  } else {
    value->kind = kNumber;
    value->number = parse_number();
  }
  return value;
}

static double walk(const struct value* value) {
  double sum = value->number + (double)value->kind;
  if (value->text) sum += (double)strlen(value->text);
  if (value->key && !strcmp(value->key, "ratio")) sum *= 2;
  for (const struct value* inner = value->first; inner; inner = inner->next) sum += walk(inner);
  return sum;
}

int main(void) {
  double sum = 0;
  write_text();
  for (int round = 0; round < kRounds; round++) {
    at = json;
    out = scratch;
    used = 0;
    sum += walk(parse());
  }
  printf("%d %.3f\n", used, sum);
  return 0;
}
