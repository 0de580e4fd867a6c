// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// node node-wasi.cjs FILE.wasm ARGS...: runs a WASI preview 1 program on V8, for bench/compare.

process.removeAllListeners("warning");
const { readFileSync } = require("fs");
const { WASI } = require("wasi");

const [file, ...args] = process.argv.slice(2);
const wasi = new WASI({ version: "preview1", args: [file, ...args], returnOnExit: true });
const module_ = new WebAssembly.Module(readFileSync(file));
const instance = new WebAssembly.Instance(module_, wasi.getImportObject());
process.exitCode = wasi.start(instance);
