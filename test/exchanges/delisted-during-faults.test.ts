import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { type ExchangeLab, exchangeLab } from "../support/exchange-lab.ts";
import { partFor } from "../support/part-of-market.ts";
import { LONG_MS } from "../support/patience.ts";
import { NOON_MS } from "../support/quote.ts";
import { asksOf, type WiredAsk } from "../support/simulator-source.ts";

const START_MS = NOON_MS + 17 * 60_000;
const MINUTE_MS = 60_000;

/** Longer than any instrument list is cached, so that each batch has a new one. */
const BETWEEN_BATCHES_MS = 61 * MINUTE_MS;

/** Three accepted batches without an instrument delist it; one more for batches with the previous list. */
const DELISTED_BATCHES = 4;

const ASKS = new Map<ExchangeId, readonly WiredAsk[]>();
for (const id of EXCHANGE_IDS) ASKS.set(id, await asksOf(id));

/** An exchange, the name of an optional request, and a text that only this request contains. */
type NamedAsk = readonly [id: ExchangeId, name: string, request: string];

const OPTIONAL_ASKS = [...ASKS].flatMap(([id, asks]) =>
  asks.flatMap(({ kind, name, requests: [request = ""] }): NamedAsk[] => {
    const others = asks.filter((ask) => ask.name !== name).flatMap((ask) => ask.requests);
    const isShared = others.some((other) => other.includes(request));
    const isOptional = kind === "secondary" || kind === "intervals";
    return isOptional && !isShared ? [[id, name, request]] : [];
  }),
);

/** Instruments that come only by one request: of a second host or currency, of a builder or its currency. */
function carriedBy(id: ExchangeId, name: string): (symbol: string) => boolean {
  const dex = /^dex:(?<dex>.+)$/.exec(name)?.groups?.dex;
  if (id === "gate" && name === "usd1Contracts") return (symbol) => symbol.endsWith("_USD1");
  if (id === "delta" && name.startsWith("global")) return (symbol) => symbol.endsWith("USDT");
  if (id === "hyperliquid" && dex !== undefined) return (symbol) => symbol.startsWith(`${dex}:`);
  return () => false;
}

async function symbolsOf(lab: ExchangeLab): Promise<readonly string[]> {
  return (await lab.snapshot()).rows.map(({ record }) => record.exchangeSymbol);
}

async function manyBatches(lab: ExchangeLab, id: ExchangeId): Promise<void> {
  for (let batch = 0; batch < DELISTED_BATCHES; batch += 1) {
    await lab.clock.advance(BETWEEN_BATCHES_MS);
    expect((await lab.cycle(id)).outcome.kind).toBe("accepted");
  }
}

test("on three exchanges instruments come by requests that can fail alone", async () => {
  const carrying = OPTIONAL_ASKS.filter(
    ([id, name]) => carriedBy(id, name)("xyz:BTC_USD1") || carriedBy(id, name)("BTCUSDT"),
  );
  expect(new Set(carrying.map(([id]) => id))).toEqual(new Set(["gate", "hyperliquid", "delta"]));
});

test.each(OPTIONAL_ASKS)(
  "%s %s, permanently failing: a contract delisted meanwhile leaves, unless it comes by this request",
  async (id, name, paths) => {
    using lab = exchangeLab([id], START_MS, "whole", partFor(id));
    await lab.cycle(id);
    const listed = await symbolsOf(lab);
    const isCarried = carriedBy(id, name);
    lab.simulator.market.setFault(id, { name: "http500", paths });
    await lab.clock.advance(MINUTE_MS);
    await lab.cycle(id);
    const gone = listed.findLast((symbol) => !isCarried(symbol)) ?? "";
    expect(lab.simulator.market.delist(id, gone)).toBe(true);
    const hidden = listed.find(isCarried);
    if (hidden !== undefined) expect(lab.simulator.market.delist(id, hidden)).toBe(true);
    await manyBatches(lab, id);
    // None of those that come only by the request is considered delisted, whether or not it is.
    const after = new Set(await symbolsOf(lab));
    expect(listed.filter((symbol) => !after.has(symbol))).toEqual([gone]);
    lab.simulator.market.clearFaults();
    await manyBatches(lab, id);
    const left = new Set(await symbolsOf(lab));
    const missing = listed.filter((symbol) => !left.has(symbol));
    expect(new Set(missing)).toEqual(new Set(hidden === undefined ? [gone] : [gone, hidden]));
  },
  LONG_MS,
);

test(
  "hyperliquid without its list of tokens: contracts of dexes with a documented currency stay, others leave as usual",
  async () => {
    using lab = exchangeLab(["hyperliquid"], START_MS, "whole", partFor("hyperliquid"));
    await lab.cycle("hyperliquid");
    lab.simulator.market.setFault("hyperliquid", { name: "http500", paths: "spotMeta" });
    // The old list is used for a day.
    await lab.clock.advance(25 * 60 * MINUTE_MS);
    await lab.cycle("hyperliquid");
    const { rows, asOfMs } = await lab.snapshot();
    const listed = rows.map(({ record }) => record.exchangeSymbol);
    const isFresh = (row: (typeof rows)[number]): boolean =>
      asOfMs - row.record.observedAtMs < MINUTE_MS;
    const ofBuilders = rows.filter(({ record }) => record.exchangeSymbol.includes(":"));
    const [shown, hidden] = [ofBuilders.find(isFresh), ofBuilders.find((row) => !isFresh(row))];
    const gone = shown?.record.exchangeSymbol ?? "none is shown";
    expect(lab.simulator.market.delist("hyperliquid", gone)).toBe(true);
    const carried = hidden?.record.exchangeSymbol ?? "none is hidden";
    expect(lab.simulator.market.delist("hyperliquid", carried)).toBe(true);
    await manyBatches(lab, "hyperliquid");
    const after = new Set(await symbolsOf(lab));
    expect(listed.filter((symbol) => !after.has(symbol))).toEqual([gone]);
  },
  LONG_MS,
);

const SWEPT = EXCHANGE_IDS.filter((id) => EXCHANGES[id].facts.requestsPerInstrument !== undefined);

describe.each(SWEPT)("%s, swept instrument by instrument", (id) => {
  test(
    "with one permanent failure: it stays while it is listed, another one that is delisted leaves",
    async () => {
      using lab = exchangeLab([id], START_MS, "whole", partFor(id));
      await lab.cycle(id);
      const listed = await symbolsOf(lab);
      const [broken = "", other = ""] = listed;
      const gone = listed.at(-1) ?? "";
      lab.simulator.market.setFault(id, { name: "http500", paths: broken });
      expect(lab.simulator.market.delist(id, gone)).toBe(true);
      await manyBatches(lab, id);
      const after = new Set(await symbolsOf(lab));
      expect(listed.filter((symbol) => !after.has(symbol))).toEqual([gone]);
      expect(lab.state(id).degradedBy).toContain("HTTP 500");
      // A failing instrument is excused while the exchange lists it, and no longer.
      expect(lab.simulator.market.delist(id, broken)).toBe(true);
      await manyBatches(lab, id);
      const left = await symbolsOf(lab);
      expect([left.includes(broken), left.includes(other)]).toEqual([false, true]);
    },
    LONG_MS,
  );
});
