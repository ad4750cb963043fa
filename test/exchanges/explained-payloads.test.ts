import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import type { Adapter } from "../../src/exchanges/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { demoMarket } from "../support/simulator.ts";
import { simulatorSource } from "../support/simulator-source.ts";

/** Each key of a rotation or a sweep is a request: a part of the market is representative. */
const SCALE = 0.1;

/** Rows are inside payloads, payloads inside what an adapter fetched: no adapter nests them deeper. */
const MAX_DEPTH = 6;

/** Pacifica's spot pairs are on an asset with the name of its perpetual. */
const NO_NAME = "base_asset";

type Found = readonly [payload: string, row: unknown];

/** What the payloads contain under exactly this name: rows with it, and entries requested by it. */
function namedIn(value: unknown, symbol: string, payload = "", level = 0): readonly Found[] {
  if (typeof value !== "object" || value === null || level > MAX_DEPTH) return [];
  if (value instanceof Map) {
    const entry: unknown = value.get(symbol);
    if (entry === undefined) return [];
    const isReply = typeof entry === "object" && entry !== null && "receivedAtMs" in entry;
    return [[payload, isReply && "value" in entry ? entry.value : entry]];
  }
  const members = Object.entries(value);
  const isNamed = members.some(([key, member]) => member === symbol && key !== NO_NAME);
  if (isNamed) return [[payload, value]];
  return members.flatMap(([name, member]) =>
    namedIn(member, symbol, Array.isArray(value) ? payload : `${payload}.${name}`, level + 1),
  );
}

/** Whether a row is shown, itself or its parts. */
function isShown(row: unknown, shown: string): boolean {
  // Without its brackets: a part may be shown among others.
  if (shown.includes(JSON.stringify(row).slice(1, -1))) return true;
  if (typeof row !== "object" || row === null) return false;
  const parts = Object.values(row).filter((part) => typeof part === "object" && part !== null);
  return parts.length > 0 && parts.every((part) => isShown(part, shown));
}

describe.each(EXCHANGE_IDS)("%s", (id) => {
  test("shows, for each requested payload, what it contains for the symbol", async () => {
    const adapter: Adapter<unknown> = EXCHANGES[id];
    const raw = await adapter.fetchRaw(simulatorSource(demoMarket({ scale: SCALE }), id));
    const { quotes } = adapter.parse(raw);
    const missing = quotes.flatMap(({ exchangeSymbol }) => {
      const shown = JSON.stringify(adapter.explain(raw, exchangeSymbol)?.rows ?? null);
      return namedIn(raw, exchangeSymbol).flatMap(([payload, row]) =>
        isShown(row, shown) ? [] : [`${exchangeSymbol}: ${payload} ${JSON.stringify(row)}`],
      );
    });
    expect(missing).toEqual([]);
    expect(quotes.length).toBeGreaterThan(0);
  });
});
