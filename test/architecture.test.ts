import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import {
  CONTRIBUTING,
  LINT_ROOMS,
  lintRules,
  roomsText,
  withRooms,
} from "../scripts/write-rooms.ts";
import {
  describeViolation,
  importsBetweenRooms,
  type Rule,
  violations,
} from "./support/architecture.ts";
import { roomNames, ROOMS } from "./support/rooms.ts";
import { sourcesOf } from "./support/sources.ts";

function rulesBrokenBy(path: string, source: string): Rule[] {
  return violations(new Map([[path, source]])).map(({ rule }) => rule);
}

test("every file of src keeps the import, naming and size rules", async () => {
  const files = await sourcesOf();
  expect(files.size).toBeGreaterThan(0);
  expect(violations(files).map(describeViolation)).toEqual([]);
});

test("a room uses every import permission that it has", async () => {
  const used = new Set(importsBetweenRooms(await sourcesOf()).keys());
  const rights = roomNames().flatMap((name) =>
    [...ROOMS[name].imports, ...(ROOMS[name].types ?? [])].map((other) => `${name} -> ${other}`),
  );
  expect(rights.filter((right) => !used.has(right))).toEqual([]);
});

test("CONTRIBUTING.md and the linter show the current rooms: make docs writes both", async () => {
  const text = roomsText(await sourcesOf());
  console.log(text.split("\n")[0]);
  const page = readFileSync(CONTRIBUTING, "utf8");
  expect(unaligned(withRooms(page, text))).toBe(unaligned(page));
  expect(JSON.parse(readFileSync(LINT_ROOMS, "utf8"))).toEqual(lintRules());
});

/** A page without the formatter's changes to its tables. */
function unaligned(page: string): string {
  return page.replaceAll(/ +/g, " ").replaceAll(/-{3,}/g, "---");
}

/** Why it is wrong, the file, its source, the one rule that it violates. */
type Planted = readonly [why: string, path: string, source: string, rule: Rule];

const PLANTED: readonly Planted[] = [
  ["lib knows no domain", "src/lib/a.ts", `import "../domain/quote.ts";`, "room"],
  ["domain knows no tool", "src/domain/a.ts", `import "../lib/log.ts";`, "room"],
  ["domain knows no exchange", "src/domain/a.ts", `import "../exchanges/okx.ts";`, "room"],
  ["exchanges know no db", "src/exchanges/okx.ts", `import "../db/open.ts";`, "room"],
  ["exchanges know no config", "src/exchanges/okx.ts", `import "../config/config.ts";`, "room"],
  ["db knows no exchange", "src/db/a.ts", `import "../exchanges/registry.ts";`, "room"],
  ["db knows no table", "src/db/a.ts", `import "./market/schema.ts";`, "room"],
  ["database files do not meet", "src/db/accounts/a.ts", `import "../market/schema.ts";`, "room"],
  [
    "not by type either",
    "src/db/market/a.ts",
    `import type { A } from "../accounts/a.ts";`,
    "room",
  ],
  ["db knows no gateway", "src/db/a.ts", `import "../gateways/telegram.ts";`, "room"],
  ["gateways know no service", "src/gateways/a.ts", `import "../services/board/board.ts";`, "room"],
  ["services know no http", "src/services/finder/a.ts", `import "../../http/app.ts";`, "room"],
  [
    "services know no collector",
    "src/services/finder/a.ts",
    `import "../../collector/loop.ts";`,
    "room",
  ],
  [
    "the collector knows no service",
    "src/collector/a.ts",
    `import "../services/board/board.ts";`,
    "room",
  ],
  ["the collector knows no http", "src/collector/a.ts", `import "../http/app.ts";`, "room"],
  [
    "the board does not know its callers",
    "src/services/board/a.ts",
    `import "../finder/pair.ts";`,
    "room",
  ],
  ["lists know no resource", "src/http/lists/a.ts", `import "../api/arb/routes.ts";`, "room"],
  [
    "resources do not meet",
    "src/http/api/arb/routes.ts",
    `import "../health/schema.ts";`,
    "resource_island",
  ],
  ["a folder between rooms", "src/services/misty/a.ts", ``, "unknown_room"],
  ["http knows no db", "src/http/app.ts", `import "../db/open.ts";`, "room"],
  ["web knows no db", "src/web/layout.tsx", `import "../db/open.ts";`, "room"],
  ["web knows no http", "src/web/layout.tsx", `import "../http/app.ts";`, "room"],
  ["the simulator knows no adapter", "src/simulator/a.ts", `import "../exchanges/okx.ts";`, "room"],
  ["the simulator knows no domain", "src/simulator/a.ts", `import "../domain/quote.ts";`, "room"],
  [
    "a part of main imports no page",
    "src/main/http.ts",
    `import "../http/pages/terms.ts";`,
    "room",
  ],
  ["nothing below imports main's parts", "src/cli/a.ts", `import "../main/http.ts";`, "room"],
  ["nothing imports the simulator", "src/main.ts", `import "./simulator/server.ts";`, "room"],
  [
    "config knows no service",
    "src/config/config.ts",
    `import "../services/board/board.ts";`,
    "room",
  ],
  ["nothing imports main", "src/cli/main.ts", `import "../main.ts";`, "room"],
  [
    "a type is an import",
    "src/http/lists/a.ts",
    `import type { A } from "../../db/open.ts";`,
    "room",
  ],
  ["a re-export is an import", "src/http/lists/a.ts", `export * from "../../db/open.ts";`, "room"],
  [
    "a type re-export, too",
    "src/http/lists/a.ts",
    `export type { A } from "../../db/open.ts";`,
    "room",
  ],
  ["a lazy import, too", "src/http/lists/a.ts", `const a = import("../../db/open.ts");`, "room"],
  ["an inline type, too", "src/http/lists/a.ts", `type A = import("../../db/open.ts").A;`, "room"],
  ["require, too", "src/http/lists/a.ts", `const a = require("../../db/open.ts");`, "room"],
  ["a name chosen at run time hides it", "src/http/lists/a.ts", `import(name);`, "computed_import"],
  [
    "services take types of db",
    "src/services/finder/a.ts",
    `import { A } from "../../db/market/a.ts";`,
    "types_only",
  ],
  [
    "an inline type modifier still loads the file",
    "src/services/operations/a.ts",
    `import { type A } from "../../gateways/telegram.ts";`,
    "types_only",
  ],
  ["adapters do not meet", "src/exchanges/okx.ts", `import "./gate.ts";`, "adapter_island"],
  [
    "not by type either",
    "src/exchanges/okx.ts",
    `import type { A } from "./gate.ts";`,
    "adapter_island",
  ],
  ["adapters do not list", "src/exchanges/okx.ts", `import "./registry.ts";`, "adapter_island"],
  ["domain has no zod", "src/domain/a.ts", `import { z } from "zod";`, "package"],
  ["domain has no file system", "src/domain/a.ts", `import "node:fs";`, "package"],
  [
    "domain has no clock",
    "src/domain/a.ts",
    `import type { Clock } from "../lib/clock.ts";`,
    "clock_in_domain",
  ],
  ["exchanges have zod alone", "src/exchanges/okx.ts", `import "lru-cache";`, "package"],
  [
    "only db has drizzle",
    "src/services/finder/a.ts",
    `import type { A } from "drizzle-orm";`,
    "package",
  ],
  ["drizzle's parts, too", "src/main.ts", `import "drizzle-orm/bun-sqlite";`, "package"],
  ["only db has SQLite", "src/collector/a.ts", `import { Database } from "bun:sqlite";`, "package"],
  [
    "services have no hono",
    "src/services/finder/a.ts",
    `import type { Context } from "hono";`,
    "package",
  ],
  ["hono's parts, too", "src/services/finder/a.ts", `import "@hono/zod-openapi";`, "package"],
  ["the simulator has no package", "src/simulator/a.ts", `import "zod";`, "package"],
  ["config has zod alone", "src/config/config.ts", `import "pino";`, "package"],
  ["process.env", "src/main.ts", `const port = process.env.PORT;`, "effect"],
  ["process['env']", "src/main.ts", `const port = process["env"].PORT;`, "effect"],
  ["Bun.env", "src/lib/log.ts", `const port = Bun.env.PORT;`, "effect"],
  ["import.meta.env", "src/lib/log.ts", `const port = import.meta.env.PORT;`, "effect"],
  ["env taken out of process", "src/main.ts", `const { env } = process;`, "effect"],
  ["env imported", "src/main.ts", `import { env } from "node:process";`, "effect"],
  ["fetch", "src/gateways/telegram.ts", `await fetch("http://127.0.0.1");`, "effect"],
  ["fetch by another name", "src/gateways/telegram.ts", `const send = fetch;`, "effect"],
  ["fetch as a default", "src/gateways/a.ts", `function f(get = fetch) { return get; }`, "effect"],
  ["globalThis.fetch", "src/gateways/a.ts", `await globalThis.fetch("x");`, "effect"],
  ["node:https", "src/gateways/b.ts", `import { request } from "node:https";`, "effect"],
  ["Date.now", "src/services/finder/a.ts", `const at = Date.now();`, "effect"],
  ["Date.now handed on", "src/services/finder/a.ts", `start({ now: Date.now });`, "effect"],
  ["new Date()", "src/services/finder/a.ts", `const at = new Date();`, "effect"],
  ["Date()", "src/services/finder/a.ts", `const at = Date();`, "effect"],
  ["performance.now", "src/collector/a.ts", `const at = performance.now();`, "effect"],
  ["process.hrtime.bigint", "src/collector/a.ts", `const at = process.hrtime.bigint();`, "effect"],
  ["Bun.nanoseconds", "src/collector/a.ts", `const at = Bun.nanoseconds();`, "effect"],
  ["a vague file", "src/lib/utils.ts", ``, "file_name"],
  ["a vague part of a name", "src/lib/date-helpers.ts", ``, "file_name"],
  ["a vague folder", "src/lib/common/a.ts", ``, "file_name"],
  ["a part of an adapter not called -wire", "src/exchanges/okx-history.ts", ``, "file_name"],
  ["301 lines", "src/lib/a.ts", "//\n".repeat(301), "file_length"],
  ["a room without rules", "src/shared/a.ts", ``, "unknown_room"],
  ["a loose file", "src/board.ts", ``, "unknown_room"],
  ["tests are not the program", "src/lib/a.ts", `import "../../test/a.ts";`, "unknown_room"],
];

describe("a planted violation is found", () => {
  test.each(PLANTED.map((planted) => [...planted] as const))("%s", (_, path, source, rule) => {
    expect(rulesBrokenBy(path, source)).toEqual([rule]);
  });

  test("an import cycle, once, including types", () => {
    const files = new Map([
      ["src/lib/a.ts", `import { b } from "./b.ts"; import { c } from "./c.ts";`],
      ["src/lib/b.ts", `import type { C } from "./c.ts";`],
      ["src/lib/c.ts", `export type { A } from "./a.ts";`],
    ]);
    expect(violations(files).map(describeViolation)).toEqual([
      "src/lib/c.ts:1 [cycle] src/lib/a.ts -> src/lib/b.ts -> src/lib/c.ts -> src/lib/a.ts",
    ]);
  });

  test("a file that imports itself is a cycle", () => {
    expect(rulesBrokenBy("src/lib/a.ts", `import "./a.ts";`)).toEqual(["cycle"]);
  });

  test("its line is that of the statement", () => {
    const files = new Map([["src/http/lists/a.ts", `// one\n\nimport "../../db/open.ts";\n`]]);
    expect(violations(files).map(({ line }) => line)).toEqual([3]);
  });
});

const ALLOWED: readonly (readonly [string, string, string])[] = [
  ["main puts all together", "src/main.ts", `import "./db/open.ts"; import "./http/app.ts";`],
  ["main has parts", "src/main.ts", `import "./main/databases.ts";`],
  ["a part of main may wire, too", "src/main/databases.ts", `import "../db/open.ts";`],
  [
    "cli may collect",
    "src/cli/a.ts",
    `import "../collector/loop.ts"; import "../config/config.ts";`,
  ],
  ["the registry lists adapters", "src/exchanges/registry.ts", `import "./okx.ts";`],
  ["adapters share the contract", "src/exchanges/okx.ts", `import "./wire.ts"; import "zod";`],
  ["an adapter has parts", "src/exchanges/okx.ts", `import "./okx-history-wire.ts";`],
  [
    "services take types of db",
    "src/services/finder/a.ts",
    `import type { A } from "../../db/market/a.ts";`,
  ],
  ["a file's tables build on db", "src/db/accounts/a.ts", `import "../open.ts";`],
  ["db has SQLite", "src/db/open.ts", `import "bun:sqlite"; import "drizzle-orm/bun-sqlite";`],
  ["the simulator serves", "src/simulator/server.ts", `import "bun"; import "../lib/assert.ts";`],
  ["config reads env", "src/config/config.ts", `const port = process.env.PORT;`],
  ["the client fetches", "src/lib/http-client.ts", `await fetch("http://127.0.0.1");`],
  ["the clock reads time", "src/lib/clock.ts", `Date.now(); new Date(); performance.now();`],
  ["a date of a known time", "src/web/page.tsx", `const a = new Date(0); const b = <b>{a}</b>;`],
  ["a handler is called fetch", "src/main.ts", `serve({ fetch: app.fetch, a() {} }); app.fetch();`],
  ["a method is called fetch", "src/lib/a.ts", `const a = { fetch(request) { return request; } };`],
  ["a type of fetch", "src/lib/a.ts", `interface A { fetch: typeof fetch }`],
  ["words in comments and texts", "src/lib/a.ts", `// Date.now()\nconst a = "process.env fetch(";`],
  ["arithmetic on addresses", "src/lib/a.ts", `import { isIP } from "node:net";`],
  ["a visitor's browser has a clock", "src/web/static/a.ts", `fetch("/api"); Date.now();`],
  ["a part of an adapter", "src/exchanges/okx-history-wire.ts", ``],
  ["what adapters share", "src/exchanges/wire-join.ts", ``],
  ["300 lines", "src/lib/a.ts", "//\n".repeat(300)],
  ["the version", "src/main.ts", `import manifest from "../package.json" with { type: "json" };`],
];

describe("permitted code is not reported", () => {
  test.each(ALLOWED.map((allowed) => [...allowed] as const))("%s", (_, path, source) => {
    expect(violations(new Map([[path, source]])).map(describeViolation)).toEqual([]);
  });
});

test("a file that does not parse is an error, not a pass", () => {
  expect(() => rulesBrokenBy("src/lib/a.ts", "import {")).toThrow("src/lib/a.ts does not parse");
});
