// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Runs a Lua script with arguments; an error that reaches the top is printed, exit code 1.

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <stdio.h>

static int with_traceback(lua_State* lua) {
  luaL_traceback(lua, lua, lua_tostring(lua, 1), 1);
  return 1;
}

int main(int argc, char** argv) {
  lua_State* lua = luaL_newstate();
  luaL_openlibs(lua);
  lua_newtable(lua);
  for (int i = 1; i < argc; i++) {
    lua_pushstring(lua, argv[i]);
    lua_rawseti(lua, -2, i - 1);
  }
  lua_setglobal(lua, "arg");
  lua_pushcfunction(lua, with_traceback);
  int failed = luaL_loadfile(lua, argc > 1 ? argv[1] : NULL) || lua_pcall(lua, 0, 0, -2);
  if (failed) printf("%s\n", lua_tostring(lua, -1));
  lua_close(lua);
  return failed;
}
