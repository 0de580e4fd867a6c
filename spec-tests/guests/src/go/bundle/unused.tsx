// Copyright the Brink authors.
// SPDX-License-Identifier: Apache-2.0
//
// Mostly dropped by tree shaking.
export const used = 0.1 + 0.2, dropped = /* @__PURE__ */ expensive();
function expensive() { return "never seen"; }
export const View = () => <div className="a" {...{ b: 1 }}>text {used}</div>;
