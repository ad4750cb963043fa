import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS, type ExchangeId } from "../../src/domain/exchange.ts";
import type { BoardRow, Snapshot } from "../../src/domain/market.ts";
import { type ExchangeLab, exchangeLab } from "../support/exchange-lab.ts";
import { NOON_MS } from "../support/quote.ts";

const START_MS = NOON_MS + 17 * 60_000;
const MINUTE_MS = 60_000;

/** Each instrument of a rotation or a sweep is a request: a part of the market is representative. */
const SCALE = 0.1;

const ROUNDS = 3;

/** The rows of a snapshot whose explanation is not of exactly their number, each with what it is. */
async function wrongIn(lab: ExchangeLab, snapshot: Snapshot): Promise<readonly string[]> {
  const wrong = await Promise.all(snapshot.rows.map((row) => wrongWith(lab, snapshot, row)));
  return wrong.filter((text) => text !== null);
}

async function wrongWith(lab: ExchangeLab, snapshot: Snapshot, row: BoardRow) {
  const { exchangeSymbol, fundingRate } = row.record;
  const origin = await lab.originOf(snapshot, row);
  if (typeof origin === "string") return `${exchangeSymbol}: ${origin}`;
  const { quote } = origin;
  return quote.exchangeSymbol === exchangeSymbol && quote.fundingRate === fundingRate
    ? null
    : `${exchangeSymbol}: ${quote.exchangeSymbol} ${quote.fundingRate}, not ${fundingRate}`;
}

function timesOf({ rows }: Snapshot): ReadonlyMap<string, number> {
  return new Map(rows.map(({ record }) => [record.exchangeSymbol, record.observedAtMs]));
}

/**
 * Explains all rows while they are refreshed, afterwards, and when readers see the new ones; returns how many were new.
 */
async function askInRounds(lab: ExchangeLab, id: ExchangeId): Promise<number> {
  let shown: Snapshot | null = null;
  let moved = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const refreshing = lab.cycle(id);
    if (shown !== null) expect(await wrongIn(lab, shown)).toEqual([]);
    expect((await refreshing).outcome).toMatchObject({ kind: "accepted" });
    // Readers still see the previous batch.
    if (shown !== null) expect(await wrongIn(lab, shown)).toEqual([]);
    const before = shown === null ? new Map<string, number>() : timesOf(shown);
    shown = await lab.snapshot();
    expect(await wrongIn(lab, shown)).toEqual([]);
    for (const [symbol, atMs] of timesOf(shown)) {
      if (before.has(symbol) && before.get(symbol) !== atMs) moved += 1;
    }
    await lab.clock.advance(MINUTE_MS);
  }
  return moved;
}

describe.each(EXCHANGE_IDS)("%s", (id) => {
  test("explains each row by its own number while the market moves, without any request", async () => {
    using explained = exchangeLab([id], START_MS, "whole", SCALE);
    expect(await askInRounds(explained, id)).toBeGreaterThan(0);
    using alone = exchangeLab([id], START_MS, "whole", SCALE);
    for (let round = 0; round < ROUNDS; round += 1) {
      await alone.cycle(id);
      await alone.snapshot();
      await alone.clock.advance(MINUTE_MS);
    }
    expect(explained.simulator.market.requests()).toEqual(alone.simulator.market.requests());
  });
});
