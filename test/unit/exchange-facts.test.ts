import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Exchange } from "../../src/exchanges/exchange.ts";
import { EXCHANGE_FACTS } from "../../src/services/board/exchange-facts.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";

const ROOT = join(import.meta.dir, "../..");

test("the facts of all exchanges are plain data: they survive as the text that is built", () => {
  expect(JSON.parse(JSON.stringify(EXCHANGE_FACTS))).toEqual(EXCHANGE_FACTS);
});

test("the facts of an exchange are those of its adapter", () => {
  expect(Object.keys(EXCHANGE_FACTS)).toEqual(Object.keys(EXCHANGES));
  for (const { facts, history } of Object.values<Exchange>(EXCHANGES)) {
    const { history: kind, ...known } = EXCHANGE_FACTS[facts.id];
    expect(facts).toMatchObject(known);
    expect(history?.kind).toBe(kind);
  }
  const without = Object.values(EXCHANGE_FACTS).filter(({ history }) => history === "none");
  expect(without.map(({ id }) => id)).toEqual(["lbank"]);
});

test.each([
  ["main", /src\/exchanges\/(?!terms)/],
  ["worker", /src\/(http|web|services)\//],
  ["reader-thread", /src\/(exchanges|http|web|collector)\//],
])("the thread %s is built without what it does not need", (thread, foreign) => {
  const map = readFileSync(join(ROOT, `dist/${thread}.js.map`), "utf8");
  const { sources } = JSON.parse(map) as { sources: readonly string[] };
  expect(sources.filter((source) => foreign.test(source))).toEqual([]);
  expect(sources.filter((source) => source.includes("zod/v4/locales/")).length).toBeLessThan(2);
});
