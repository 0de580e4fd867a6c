// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Strings, arrays, maps, classes, typed arrays, numbers and sorting in AssemblyScript's own runtime.

class Account {
  private history: Array<i64> = [];
  constructor(public readonly owner: string) {}
  deposit(amount: i64): Account {
    this.history.push(amount);
    return this;
  }
  get balance(): i64 {
    return this.history.reduce((sum, amount) => sum + amount, <i64>0);
  }
}

abstract class Shape {
  abstract area(): f64;
}

class Square extends Shape {
  constructor(private side: f64) {
    super();
  }
  area(): f64 {
    return this.side * this.side;
  }
}

class Disc extends Shape {
  constructor(private radius: f64) {
    super();
  }
  area(): f64 {
    return Math.PI * this.radius * this.radius;
  }
}

function identity<T>(value: T): T {
  return value;
}

const words = "the quick brown fox jumps over the lazy dog the end".split(" ");
const counts = new Map<string, i32>();
for (let i = 0; i < words.length; i++) {
  counts.set(words[i], (counts.has(words[i]) ? counts.get(words[i]) : 0) + 1);
}
const keys = counts.keys();
keys.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
for (let i = 0; i < keys.length; i++) console.log(keys[i] + "=" + counts.get(keys[i]).toString());

const account = new Account("Ada").deposit(1 << 40).deposit(-5);
console.log(account.owner + " " + account.balance.toString());

const shapes: Shape[] = [new Square(2.5), new Disc(1.5)];
let total = 0.0;
for (let i = 0; i < shapes.length; i++) total += shapes[i].area();
console.log(Math.round(total * 1e9).toString());

const data = new Uint8Array(1000);
let state: u32 = 1;
for (let i = 0; i < data.length; i++) {
  state = state * 1664525 + 1013904223;
  data[i] = <u8>(state >> 24);
}
data.sort();
console.log([data[0], data[500], data[999]].toString());

console.log((0.1 + 0.2 == 0.3).toString() + " " + (-1.25e-7).toString() + " " + f64.MAX_VALUE.toString());
console.log((<u8>300).toString() + " " + (<i8>200).toString() + " " + (<i32>-3.99e6).toString() + " " + i64.MIN_VALUE.toString());
console.log(clz<i32>(256).toString() + " " + popcnt<u64>(u64.MAX_VALUE).toString() + " " + rotl<u32>(0x80000001, 4).toString());
console.log("straße 日本 😀".length.toString() + " " + "a-b-c".replaceAll("-", "+") + " " + "abc".padStart(6, "*"));
console.log(identity<string>("generic") + " " + identity<bool>(true).toString());

const matrix = new Array<Float64Array>();
for (let i = 0; i < 30; i++) {
  const row = new Float64Array(30);
  for (let j = 0; j < 30; j++) row[j] = <f64>(i * j % 7) - 3;
  matrix.push(row);
}
let trace = 0.0;
for (let i = 0; i < 30; i++) {
  for (let k = 0; k < 30; k++) trace += matrix[i][k] * matrix[k][i];
}
console.log(trace.toString());
