// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Reads JSON from standard input into a tree and prints it: indented, or -m on one line, or -s
// statistics. A mistake in the text is reported with line and column, exit code 1.

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum kind { kNull, kFalse, kTrue, kNumber, kString, kArray, kObject };

struct value {
  enum kind kind;
  double number;
  char* text;  // the string, or in an object the key of this member
  char* key;
  struct value *first, *next;
};

static const char *input, *cursor;
static const char* mistake;
static int depth;

static struct value* parse_value(void);

static void skip_space(void) {
  while (*cursor && strchr(" \t\r\n", *cursor)) cursor++;
}

static struct value* wrong(const char* what) {
  if (!mistake) mistake = what;
  return NULL;
}

static int parse_hex4(unsigned* code) {
  *code = 0;
  for (int i = 0; i < 4; i++) {
    static const char kDigits[] = "0123456789abcdef";
    const char* digit = *cursor ? strchr(kDigits, *cursor | (*cursor >= 'A' ? 0x20 : 0)) : NULL;
    if (!digit) return 0;
    *code = *code * 16 + (unsigned)(digit - kDigits);
    cursor++;
  }
  return 1;
}

static char* put_utf8(char* out, unsigned code) {
  if (code < 0x80) {
    *out++ = (char)code;
  } else if (code < 0x800) {
    *out++ = (char)(0xc0 | code >> 6);
    *out++ = (char)(0x80 | (code & 63));
  } else if (code < 0x10000) {
    *out++ = (char)(0xe0 | code >> 12);
    *out++ = (char)(0x80 | (code >> 6 & 63));
    *out++ = (char)(0x80 | (code & 63));
  } else {
    *out++ = (char)(0xf0 | code >> 18);
    *out++ = (char)(0x80 | (code >> 12 & 63));
    *out++ = (char)(0x80 | (code >> 6 & 63));
    *out++ = (char)(0x80 | (code & 63));
  }
  return out;
}

// Room for the string at the cursor; no escape is shorter than what it stands for.
static size_t string_room(void) {
  const char* end = cursor + 1;
  while (*end && *end != '"') end += *end == '\\' && end[1] ? 2 : 1;
  return (size_t)(end - cursor);
}

static char* parse_string(void) {
  char *text = malloc(string_room()), *out = text;
  for (cursor++; *cursor != '"';) {
    if ((unsigned char)*cursor < 0x20) return (char*)wrong("the string does not end");
    if (*cursor != '\\') {
      *out++ = *cursor++;
      continue;
    }
    static const char kFrom[] = "\"\\/bfnrt", kTo[] = "\"\\/\b\f\n\r\t";
    const char* escape = *++cursor ? strchr(kFrom, *cursor) : NULL;
    if (escape) {
      *out++ = kTo[escape - kFrom];
      cursor++;
    } else if (*cursor++ == 'u') {
      unsigned code, low;
      if (!parse_hex4(&code)) return (char*)wrong("bad \\u escape");
      if (code >= 0xd800 && code < 0xdc00 && cursor[0] == '\\' && cursor[1] == 'u') {
        cursor += 2;
        if (!parse_hex4(&low)) return (char*)wrong("bad \\u escape");
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
      }
      out = put_utf8(out, code);
    } else {
      return (char*)wrong("unknown escape");
    }
  }
  cursor++;
  *out = 0;
  return text;
}

static struct value* parse_members(struct value* value, char close) {
  struct value** end = &value->first;
  cursor++;
  skip_space();
  if (*cursor == close) {
    cursor++;
    return value;
  }
  for (;;) {
    char* key = NULL;
    skip_space();
    if (close == '}') {
      if (*cursor != '"') return wrong("a key was expected");
      if (!(key = parse_string())) return NULL;
      skip_space();
      if (*cursor++ != ':') return cursor--, wrong("':' was expected");
    }
    struct value* member = parse_value();
    if (!member) return NULL;
    member->key = key;
    *end = member;
    end = &member->next;
    skip_space();
    if (*cursor == close) {
      cursor++;
      return value;
    }
    if (*cursor != ',') return wrong("',' or the end was expected");
    cursor++;
  }
}

static struct value* parse_word(struct value* value, const char* word) {
  if (strncmp(cursor, word, strlen(word)) != 0) return wrong("unknown word");
  cursor += strlen(word);
  return value;
}

static struct value* parse_number(struct value* value) {
  char* end;
  value->number = strtod(cursor, &end);
  if (end == cursor) return wrong("a value was expected");
  cursor = end;
  return value;
}

static struct value* parse_value(void) {
  struct value* value = calloc(1, sizeof *value);
  skip_space();
  if (++depth > 500) return wrong("nested too deeply");
  struct value* result = NULL;
  switch (*cursor) {
    case '{':
      value->kind = kObject;
      result = parse_members(value, '}');
      break;
    case '[':
      value->kind = kArray;
      result = parse_members(value, ']');
      break;
    case '"':
      value->kind = kString;
      value->text = parse_string();
      result = value->text ? value : NULL;
      break;
    case 't':
      value->kind = kTrue;
      result = parse_word(value, "true");
      break;
    case 'f':
      value->kind = kFalse;
      result = parse_word(value, "false");
      break;
    case 'n':
      value->kind = kNull;
      result = parse_word(value, "null");
      break;
    default: value->kind = kNumber; result = parse_number(value);
  }
  depth--;
  return result;
}

static void print_string(const char* text) {
  putchar('"');
  for (; *text; text++) {
    unsigned char c = (unsigned char)*text;
    if (c == '"' || c == '\\')
      printf("\\%c", c);
    else if (c < 0x20)
      printf("\\u%04x", c);
    else
      putchar(c);
  }
  putchar('"');
}

static void new_line(int indent) {
  if (indent >= 0) printf("\n%*s", indent * 2, "");
}

// indent < 0: everything on one line.
static void print(const struct value* value, int indent) {
  static const char* const kWords[] = {"null", "false", "true"};
  if (value->kind <= kTrue) {
    printf("%s", kWords[value->kind]);
  } else if (value->kind == kNumber) {
    if (value->number == floor(value->number) && fabs(value->number) < 1e15)
      printf("%.0f", value->number);
    else
      printf("%.17g", value->number);
  } else if (value->kind == kString) {
    print_string(value->text);
  } else {
    int inner = indent < 0 ? -1 : indent + 1;
    putchar(value->kind == kArray ? '[' : '{');
    for (const struct value* member = value->first; member; member = member->next) {
      new_line(inner);
      if (member->key) {
        print_string(member->key);
        printf(indent < 0 ? ":" : ": ");
      }
      print(member, inner);
      if (member->next) putchar(',');
    }
    if (value->first) new_line(indent);
    putchar(value->kind == kArray ? ']' : '}');
  }
}

static void tally(const struct value* value, long* counts, double* sum) {
  counts[value->kind]++;
  *sum += value->number;
  for (const struct value* member = value->first; member; member = member->next)
    tally(member, counts, sum);
}

static char* read_all(void) {
  size_t size = 0, room = 65536;
  char* text = malloc(room);
  for (size_t got; (got = fread(text + size, 1, room - size - 1, stdin)) > 0;) {
    size += got;
    if (size + 1 == room) text = realloc(text, room *= 2);
  }
  text[size] = 0;
  return text;
}

int main(int argc, char** argv) {
  input = cursor = read_all();
  struct value* value = parse_value();
  skip_space();
  if (value && *cursor) value = wrong("text after the value");
  if (!value) {
    int line = 1, column = 1;
    for (const char* p = input; p < cursor; p++) column = *p == '\n' ? (line++, 1) : column + 1;
    printf("%d:%d: %s\n", line, column, mistake);
    return 1;
  }
  if (argc > 1 && !strcmp(argv[1], "-s")) {
    long counts[kObject + 1] = {0};
    double sum = 0;
    tally(value, counts, &sum);
    for (int i = 0; i <= kObject; i++) printf("%ld ", counts[i]);
    printf("%.6f\n", sum);
    return 0;
  }
  print(value, argc > 1 && !strcmp(argv[1], "-m") ? -1 : 0);
  putchar('\n');
  return 0;
}
