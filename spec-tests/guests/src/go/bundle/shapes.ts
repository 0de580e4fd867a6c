// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Imported twice: statically and dynamically.
export type Shape = { kind: "box" | "disc"; size: readonly number[] };

export function area({ kind, size: [a, b = a] }: Shape): number | undefined {
  switch (kind) {
    case "box": return a * b;
    case "disc": return Math.PI * a ** 2;
  }
}
