// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// A small shell for SQLite: `sql DATABASE FILE...` runs the statements of each file and prints the
// rows. The database is closed and opened again between files. Errors are printed and do not stop
// the run.

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

static char* read_file(const char* name) {
  FILE* file = fopen(name, "rb");
  if (!file) return NULL;
  fseek(file, 0, SEEK_END);
  long size = ftell(file);
  rewind(file);
  char* text = malloc((size_t)size + 1);
  text[fread(text, 1, (size_t)size, file)] = 0;
  fclose(file);
  return text;
}

static void print_row(sqlite3_stmt* statement) {
  for (int i = 0; i < sqlite3_column_count(statement); i++) {
    const unsigned char* text = sqlite3_column_text(statement, i);
    printf("%s%s", i ? "|" : "", text ? (const char*)text : "null");
  }
  printf("\n");
}

static int run_all(sqlite3* database, const char* text) {
  int errors = 0;
  while (*text) {
    sqlite3_stmt* statement;
    const char* rest;
    int result = sqlite3_prepare_v2(database, text, -1, &statement, &rest);
    if (result == SQLITE_OK && statement) {
      while ((result = sqlite3_step(statement)) == SQLITE_ROW) print_row(statement);
      sqlite3_finalize(statement);
    }
    if (result != SQLITE_OK && result != SQLITE_DONE) {
      printf("error %d: %s\n", result, sqlite3_errmsg(database));
      errors++;
    }
    if (rest == text) break;
    text = rest;
  }
  return errors;
}

int main(int argc, char** argv) {
  int errors = 0;
  for (int i = 2; i < argc; i++) {
    sqlite3* database;
    char* text = read_file(argv[i]);
    if (!text || sqlite3_open(argv[1], &database) != SQLITE_OK) {
      printf("cannot open %s\n", text ? argv[1] : argv[i]);
      return 100;
    }
    errors += run_all(database, text);
    if (sqlite3_close(database) != SQLITE_OK) printf("cannot close\n");
    free(text);
  }
  return errors;
}
