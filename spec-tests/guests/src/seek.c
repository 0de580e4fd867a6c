// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Positions in files: seek, append, overwrite, read and write at an offset, truncate, holes, rename
// over.

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static void show(const char* what, int file) {
  char buffer[64];
  struct stat info;
  fstat(file, &info);
  off_t place = lseek(file, 0, SEEK_CUR);
  ssize_t got = pread(file, buffer, sizeof buffer, 0);
  printf("%-10s size %lld at %lld:", what, (long long)info.st_size, (long long)place);
  for (ssize_t i = 0; i < got; i++) printf(buffer[i] ? " %c" : " 0", buffer[i]);
  printf("\n");
}

static void check(const char* what, long result) {
  printf("%-10s %s\n", what, result < 0 ? strerror(errno) : "works");
}

static void descriptors(void) {
  int file = open("data", O_RDWR | O_CREAT | O_EXCL, 0644);
  write(file, "abcdefgh", 8);
  show("written", file);
  check("again", open("data", O_RDWR | O_CREAT | O_EXCL, 0644));
  lseek(file, 2, SEEK_SET);
  write(file, "XY", 2);
  show("seek 2", file);
  lseek(file, -1, SEEK_END);
  write(file, "ZW", 2);
  show("seek end-1", file);
  pwrite(file, "pp", 2, 5);
  show("pwrite 5", file);
  lseek(file, 4, SEEK_END);
  write(file, "!", 1);
  show("hole", file);
  ftruncate(file, 6);
  show("truncate 6", file);
  ftruncate(file, 9);
  show("truncate 9", file);
  check("seek -1", (long)lseek(file, -1, SEEK_SET));
  struct iovec parts[3] = {{"", 0}, {"one", 3}, {"two", 3}};
  lseek(file, 0, SEEK_SET);
  long gone = (long)writev(file, parts, 3);  // may be less than all of it
  write(file, "onetwo" + gone, (size_t)(6 - gone));
  show("writev", file);
  check("fsync", fsync(file));
  check("close", close(file));
  check("closed", write(file, "x", 1));
}

static void appending(void) {
  int file = open("data", O_RDWR | O_APPEND);
  lseek(file, 0, SEEK_SET);
  write(file, "+app", 4);
  show("append", file);
  close(file);
  file = open("data", O_RDONLY);
  check("read-only", write(file, "x", 1));
  close(file);
  file = open("data", O_WRONLY | O_TRUNC);
  char c;
  check("write-only", read(file, &c, 1));
  close(file);
  check("no folder", open("nothing/data", O_RDWR | O_CREAT, 0644));
  check("no file", open("nothing", O_RDONLY));
  check("a folder", open("folder", O_WRONLY));
  check("not one", open("data/x", O_RDONLY));
  check("rename", rename("data", "folder/moved"));
  check("gone", access("data", F_OK));
  check("there", access("folder/moved", F_OK));
}

static void streams(void) {
  FILE* file = fopen("stream", "w+");
  fprintf(file, "line %d\nline %d\nline %d\n", 1, 2, 3);
  rewind(file);
  char line[32];
  fgets(line, sizeof line, file);
  printf("first %sat %ld\n", line, ftell(file));
  fseek(file, 0, SEEK_CUR);
  fputs("LINE", file);
  fseek(file, -7, SEEK_END);
  fgets(line, sizeof line, file);
  printf("last %s", line);
  fclose(file);
  file = fopen("stream", "a+");
  fputs("line 4\n", file);
  rewind(file);
  int c, lines = 0;
  while ((c = getc(file)) != EOF) lines += c == '\n';
  printf("%d lines, end %d, error %d\n", lines, feof(file) != 0, ferror(file) != 0);
  fclose(file);
}

int main(void) {
  mkdir("folder", 0755);
  descriptors();
  appending();
  streams();
  return 0;
}
