// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Programs in one script: classes, generators, promises, regular expressions, big integers, files, streams.
import * as std from "qjs:std";
import * as os from "qjs:os";

console.log(scriptArgs.slice(1).join("|"));

class Matrix {
  #rows;
  constructor(rows) { this.#rows = rows; }
  static identity(n) { return new Matrix(Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => +(i === j)))); }
  times(other) {
    return new Matrix(this.#rows.map((row) => other.#rows[0].map((_, j) => row.reduce((sum, x, k) => sum + x * other.#rows[k][j], 0))));
  }
  power(n) { return n === 0 ? Matrix.identity(2) : n % 2 ? this.times(this.power(n - 1)) : this.times(this).power(n / 2); }
  toString() { return JSON.stringify(this.#rows); }
}
console.log(String(new Matrix([[1, 1], [1, 0]]).power(60)));

function* primes() {
  const seen = [];
  for (let n = 2; ; n++) {
    if (seen.every((p) => n % p)) { seen.push(n); yield n; }
  }
}
const found = [];
for (const p of primes()) { if (found.push(p) === 200) break; }
console.log(found.at(-1), found.reduce((a, b) => a + b));

let factorial = 1n;
for (let i = 1n; i <= 150n; i++) factorial *= i;
console.log(factorial, BigInt.asUintN(64, factorial >> 146n));

console.log("2024-02-29 and 1999-12-31".replace(/(?<y>\d{4})-(?<m>\d\d)-(?<d>\d\d)/gu, "$<d>.$<m>.$<y>"));
console.log([..."a1b22c333".matchAll(/([a-z])(\d+)/g)].map((m) => m.index + m[1] + m[2].length).join());
console.log("straße ΑΣ".toUpperCase(), "日本語".normalize("NFD").length, "\u{1f600}".codePointAt(0));

const float = new Float64Array([1 / 3, -0, NaN, Infinity, 1e21, 5e-324]);
console.log([...new Uint8Array(float.buffer, 0, 16)].join(" "), [...float].join(" "));
console.log((0.1 + 0.2).toFixed(20), (1e21).toString(7), (255).toString(2), Number("0x1f"), parseFloat("3.5e3x"));
console.log(JSON.stringify({ a: [1, { b: null }], c: "\u2028\"", d: undefined, e: new Date(0) }, null, 1));

const weak = new WeakRef({});
const map = new Map([[NaN, 1], [0, 2]]);
console.log(map.get(NaN), map.get(-0), new Set([1, 1, 2]).size, typeof weak.deref());
try { null.x; } catch (error) { console.log(error instanceof TypeError, error.message); }
function deep(n) { return n ? deep(n - 1) + 1 : 0; }
console.log(deep(200));

const file = std.open("made.txt", "w");
for (let i = 0; i < 1000; i++) file.printf("%d %s\n", i, (i * i).toString(36));
file.close();
const text = std.loadFile("made.txt");
console.log(text.length, text.split("\n")[999]);
console.log(os.readdir(".")[0].sort().join(), os.stat("made.txt")[0].size, os.remove("made.txt"));
console.log(std.in.getline(), std.in.getline(), std.in.getline());

const order = [];
os.setTimeout(() => order.push("timer"), 300);
queueMicrotask(() => order.push("microtask"));
await (async () => { order.push("now"); await null; order.push("later"); })();
await new Promise((resolve) => os.setTimeout(resolve, 600));
console.log(order.join());
std.exit(3);
