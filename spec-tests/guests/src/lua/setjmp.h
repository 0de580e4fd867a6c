// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Leaving many C frames at once, for Lua on WebAssembly without exceptions: `unwind_try` calls a
// function, and `unwind_throw` anywhere below returns there. The means are those of Binaryen's
// Asyncify pass, which makes every function between the two return early; what it saves on the way
// is thrown away.
//
// Lua includes this file in place of the C library's <setjmp.h>, which there is none of.

#ifndef BRINK_GUESTS_LUA_SETJMP_H_
#define BRINK_GUESTS_LUA_SETJMP_H_

void unwind_try(void (*body)(void*, void*), void* first, void* second);
void unwind_throw(void);

#define luai_jmpbuf int
#define LUAI_TRY(L, buffer, body) unwind_try((void (*)(void*, void*))f, L, ud)
#define LUAI_THROW(L, buffer) unwind_throw()

#endif  // BRINK_GUESTS_LUA_SETJMP_H_
