// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// File tools in one program: cat cp mv rm ls mkdir rmdir stat tree ln readlink touch truncate.
// Failures are printed with the system's own words for errno, and counted in the exit code.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int failures;

static void fail(const char* what, const char* path) {
  printf("%s %s: %s\n", what, path, strerror(errno));
  failures++;
}

static int copy_bytes(int from, int to) {
  char buffer[1000];
  ssize_t got;
  while ((got = read(from, buffer, sizeof buffer)) > 0) {
    if (write(to, buffer, (size_t)got) != got) return -1;
  }
  return (int)got;
}

static void cat(const char* path) {
  int in = strcmp(path, "-") ? open(path, O_RDONLY) : 0;
  fflush(stdout);
  if (in < 0 || copy_bytes(in, 1) < 0) fail("cat", path);
  if (in > 0) close(in);
}

static void copy(const char* from, const char* to) {
  int in = open(from, O_RDONLY);
  if (in < 0) {
    fail("cp", from);
    return;
  }
  int out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (out < 0 || copy_bytes(in, out) < 0) fail("cp", to);
  if (out >= 0) close(out);
  close(in);
}

static int by_name(const void* a, const void* b) {
  return strcmp(*(char* const*)a, *(char* const*)b);
}

// The names in a folder, sorted, without . and ..; the count, or -1.
static int names_in(const char* path, char*** names) {
  DIR* folder = opendir(path);
  if (!folder) return -1;
  int count = 0;
  *names = NULL;
  for (struct dirent* entry; (entry = readdir(folder)) != NULL;) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    *names = realloc(*names, sizeof(char*) * (size_t)(count + 1));
    (*names)[count++] = strdup(entry->d_name);
  }
  closedir(folder);
  if (count) qsort(*names, (size_t)count, sizeof **names, by_name);
  return count;
}

static void list(const char* path) {
  char** names;
  int count = names_in(path, &names);
  if (count < 0) fail("ls", path);
  for (int i = 0; i < count; i++) puts(names[i]);
}

static void describe(const char* path) {
  struct stat info;
  if (lstat(path, &info) < 0) {
    fail("stat", path);
    return;
  }
  const char* kind = S_ISDIR(info.st_mode)   ? "folder"
                     : S_ISREG(info.st_mode) ? "file"
                     : S_ISLNK(info.st_mode) ? "link"
                                             : "other";
  printf("%s: %s", path, kind);
  if (S_ISREG(info.st_mode))
    printf(", %lld bytes, %d names", (long long)info.st_size, (int)info.st_nlink);
  printf("\n");
}

static void tree(const char* path, int depth) {
  char** names;
  int count = names_in(path, &names);
  if (count < 0) fail("tree", path);
  for (int i = 0; i < count; i++) {
    char inner[1024];
    snprintf(inner, sizeof inner, "%s/%s", path, names[i]);
    struct stat info;
    if (lstat(inner, &info) < 0) fail("tree", inner);
    int is_folder = S_ISDIR(info.st_mode);
    printf("%*s%s%s\n", depth * 2, "", names[i], is_folder ? "/" : "");
    if (is_folder) tree(inner, depth + 1);
  }
}

static void remove_all(const char* path) {
  struct stat info;
  if (lstat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
    char** names;
    int count = names_in(path, &names);
    for (int i = 0; i < count; i++) {
      char inner[1024];
      snprintf(inner, sizeof inner, "%s/%s", path, names[i]);
      remove_all(inner);
    }
    if (rmdir(path) < 0) fail("rm", path);
  } else if (unlink(path) < 0) {
    fail("rm", path);
  }
}

static void read_link(const char* path) {
  char target[1024];
  ssize_t size = readlink(path, target, sizeof target);
  if (size < 0)
    fail("readlink", path);
  else
    printf("%.*s\n", (int)size, target);
}

static void touch(const char* path) {
  int file = open(path, O_WRONLY | O_CREAT, 0644);
  if (file < 0)
    fail("touch", path);
  else
    close(file);
}

static void one_path(const char* tool, const char* path) {
  if (!strcmp(tool, "cat"))
    cat(path);
  else if (!strcmp(tool, "ls"))
    list(path);
  else if (!strcmp(tool, "stat"))
    describe(path);
  else if (!strcmp(tool, "tree"))
    tree(path, 0);
  else if (!strcmp(tool, "readlink"))
    read_link(path);
  else if (!strcmp(tool, "touch"))
    touch(path);
  else if (!strcmp(tool, "rmtree"))
    remove_all(path);
  else if (!strcmp(tool, "rm")) {
    if (unlink(path) < 0) fail(tool, path);
  } else if (!strcmp(tool, "rmdir")) {
    if (rmdir(path) < 0) fail(tool, path);
  } else if (!strcmp(tool, "mkdir")) {
    if (mkdir(path, 0755) < 0) fail(tool, path);
  } else {
    printf("no tool %s\n", tool);
    failures++;
  }
}

static int two_paths(const char* tool, const char* from, const char* to) {
  if (!strcmp(tool, "cp"))
    copy(from, to);
  else if (!strcmp(tool, "mv")) {
    if (rename(from, to) < 0) fail(tool, from);
  } else if (!strcmp(tool, "ln")) {
    if (link(from, to) < 0) fail(tool, from);
  } else if (!strcmp(tool, "symlink")) {
    if (symlink(from, to) < 0) fail(tool, to);
  } else if (!strcmp(tool, "truncate")) {
    if (truncate(from, atol(to)) < 0) fail(tool, from);
  } else
    return 0;
  return 1;
}

// Several commands may follow each other, separated by an argument ";".
int main(int argc, char** argv) {
  for (int i = 1; i < argc; i++) {
    const char* tool = argv[i++];
    if (i + 1 < argc && two_paths(tool, argv[i], argv[i + 1]))
      i += 2;
    else
      while (i < argc && strcmp(argv[i], ";") != 0) one_path(tool, argv[i++]);
  }
  return failures;
}
