// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Entry of a small program in several languages for a bundler.
import { area, type Shape } from "./shapes";
import * as unused from "./unused";
import data from "./data.json";

enum Level { Low = 1, High = Low << 4 }

class Report<T extends Shape> {
  #items: T[] = [];
  static readonly title = `report ${Level.High}`;
  add(...items: T[]) { this.#items.push(...items); return this; }
  get total() { return this.#items.reduce((sum, item) => sum + (area(item) ?? 0), 0); }
}

const report = new Report<Shape>().add({ kind: "box", size: [2, 3] }, { kind: "disc", size: [1] });
console.log(Report.title, report.total, data.names.at(-1)?.toUpperCase(), unused.used);
export const lazy = async () => (await import("./shapes")).area;
