import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { JsonScan } from "../../src/lib/json-scan.ts";

const WIDE = { maxDepth: 1_000, maxValues: 1_000_000, maxMembers: 1_000_000 };

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The scan's result for a text that arrives in chunks of `size` bytes. */
function excessOf(text: string, bounds: Partial<typeof WIDE>, size = 7): string | null {
  const scan = new JsonScan({ ...WIDE, ...bounds });
  const bytes = bytesOf(text);
  for (let at = 0; at < bytes.length; at += size) {
    const excess = scan.push(bytes.subarray(at, at + size));
    if (excess !== null) return excess;
  }
  return null;
}

interface Shape {
  readonly depth: number;
  readonly values: number;
  readonly members: number;
}

/** Depth, values and longest list of a parsed body, counted by a walk; an empty one holds one. */
function shapeOf(body: unknown): Shape {
  if (typeof body !== "object" || body === null) return { depth: 0, values: 1, members: 1 };
  const inner = Object.values(body).map(shapeOf);
  return {
    depth: 1 + Math.max(0, ...inner.map(({ depth }) => depth)),
    values:
      1 +
      Math.max(
        1,
        inner.reduce((sum, { values }) => sum + values, 0),
      ),
    members: Math.max(1, inner.length, ...inner.map(({ members }) => members)),
  };
}

describe("the limits of a JSON text", () => {
  test.each([
    ["[".repeat(32), { maxDepth: 32 }, null],
    ["[".repeat(33), { maxDepth: 32 }, "is nested more than 32 levels deep"],
    ['{"a":'.repeat(33), { maxDepth: 32 }, "is nested more than 32 levels deep"],
    ["[1,2,3]", { maxMembers: 3 }, null],
    ["[1,2,3,4]", { maxMembers: 3 }, "has a list of more than 3 items"],
    ['{"a":1,"b":1,"c":1,"d":1}', { maxMembers: 3 }, "has a list of more than 3 items"],
    ["[[1,2],[3,4],[5,6]]", { maxMembers: 3 }, null],
    ["[1,2,3]", { maxValues: 4 }, null],
    ["[1,2,3,4]", { maxValues: 4 }, "has more than 4 values"],
  ] as const)("%j within %j: %j", (text, bounds, excess) => {
    for (const size of [1, 2, 7, 1_000]) expect(excessOf(text, bounds, size)).toBe(excess);
  });

  test("the content of a string does not count, however it is escaped and cut", () => {
    const text = JSON.stringify({ 'a"[{,\\': '[[[[,,,,\\"]]\\\\', b: "\\", "é[": "\u2028[,[" });
    for (let size = 1; size <= text.length; size += 1)
      expect(excessOf(text, { maxDepth: 1, maxMembers: 3, maxValues: 4 }, size)).toBeNull();
  });

  test("excess closing brackets do not reduce the depth of what follows", () => {
    expect(excessOf(`]]]]${"[".repeat(3)}`, { maxDepth: 2 })).toBe(
      "is nested more than 2 levels deep",
    );
  });

  test("an empty chunk between two changes nothing", () => {
    const scan = new JsonScan({ ...WIDE, maxDepth: 1 });
    for (const piece of ['["\\', "", '"', "[[[[", '"]'])
      expect(scan.push(bytesOf(piece))).toBeNull();
  });
});

test("depth, values and members of any JSON equal those of the parsed value", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 6 }), fc.integer({ min: 1, max: 50 }), (text, size) => {
      const { depth, values, members } = shapeOf(JSON.parse(text));
      const exact = { maxDepth: depth, maxValues: values, maxMembers: members };
      expect(excessOf(text, exact, size)).toBeNull();
      if (depth > 0) expect(excessOf(text, { maxDepth: depth - 1 }, size)).not.toBeNull();
      expect(excessOf(text, { maxValues: values - 1 }, size)).not.toBeNull();
    }),
  );
});
