/* Copyright the Brink authors.
   SPDX-License-Identifier: Apache-2.0

   A JavaScript engine with its library loaded. Evaluates its arguments in a context where a script
   has run before: when the program starts, or when its snapshot was made. */

#include <stdio.h>
#include <string.h>

#include "quickjs.h"

static const char library[] =
    "globalThis.memory = new Map();\n"
    "function fibonacci(n) { return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2); }\n"
    "for (let i = 0; i < 20; ++i) memory.set('fib' + i, fibonacci(i));\n"
    "class Shape { constructor(n) { this.n = n; } get area() { return this.n ** 2; } }\n"
    "globalThis.shapes = Array.from({ length: 500 }, (_, i) => new Shape(i));\n"
    "function* count() { let i = 0; for (;;) yield i++; }\n"
    "globalThis.counter = count();\n"
    "for (let i = 0; i < 7; ++i) counter.next();\n"
    "globalThis.pattern = /(\\d+)-(\\w+)/u;\n"
    "globalThis.big = 2n ** 200n;\n";

static JSRuntime *runtime;
static JSContext *context;

static void print(JSValue value) {
  const char *text = JS_ToCString(context, value);
  printf("%s\n", text ? text : "(nothing)");
  JS_FreeCString(context, text);
  JS_FreeValue(context, value);
}

#ifdef __wasm__
__attribute__((export_name("wizer.initialize")))
#endif
void prepare(void) {
  runtime = JS_NewRuntime();
  context = JS_NewContext(runtime);
  JSValue result = JS_Eval(context, library, strlen(library), "library.js", JS_EVAL_TYPE_GLOBAL);
  if (JS_IsException(result)) print(JS_GetException(context));
  JS_FreeValue(context, result);
}

int main(int argc, char **argv) {
  if (!context) prepare();
  for (int i = 1; i < argc; ++i) {
    JSValue result = JS_Eval(context, argv[i], strlen(argv[i]), "argument.js", JS_EVAL_TYPE_GLOBAL);
    print(JS_IsException(result) ? JS_GetException(context) : result);
  }
  JS_FreeContext(context);
  JS_FreeRuntime(runtime);
  return 0;
}
