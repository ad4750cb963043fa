import { describe, expect, test } from "bun:test";
import type { TrueInstrument } from "../../src/demo/truth.ts";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { fundingRow } from "../../src/http/api/funding/list.ts";
import type { FundingRow } from "../../src/http/api/funding/schema.ts";
import { exchangeLab } from "../support/exchange-lab.ts";
import { NOON_MS } from "../support/quote.ts";

/** The numbers agree to this share: both sides compute in doubles, in another order. */
const RELATIVE_TOLERANCE = 1e-9;

/** Off the settlement grid and its minute, on a market step. */
const START_MS = NOON_MS + 17 * 60_000;

const COMPARED = [
  "exchange",
  "exchange_symbol",
  "base",
  "quote",
  "settle",
  "multiplier",
  "asset_class",
  "accrual",
  "funding_rate",
  "funding_interval_hours",
  "next_funding_time",
  "predicted_rate",
  "settled_rate",
  "settled_at",
  "mark_price",
  "index_price",
  "volume_24h_usd",
  "open_interest_usd",
] as const satisfies readonly (keyof TrueInstrument & keyof FundingRow)[];

function isSame(left: unknown, right: unknown): boolean {
  if (typeof left !== "number" || typeof right !== "number") return left === right;
  return Math.abs(left - right) <= RELATIVE_TOLERANCE * Math.max(Math.abs(left), Math.abs(right));
}

/** Every difference between what is served and what is true, in words. */
function differences(served: readonly FundingRow[], truth: readonly TrueInstrument[]): string[] {
  const bySymbol = new Map(served.map((row) => [row.exchange_symbol, row]));
  return truth.flatMap((instrument) => {
    const row = bySymbol.get(instrument.exchange_symbol);
    if (row === undefined) return [`${instrument.exchange_symbol} is missing`];
    return COMPARED.filter((field) => !isSame(row[field], instrument[field])).map(
      (field) => `${row.exchange_symbol} ${field}: ${row[field]} instead of ${instrument[field]}`,
    );
  });
}

describe.each(EXCHANGE_IDS)("%s, read from the simulator at full scale", (id) => {
  test("shows every instrument with every field as it truly is, and nothing else", async () => {
    using lab = exchangeLab([id], START_MS);
    lab.simulator.market.freeze();
    const { outcome, rejects } = await lab.cycle(id);
    expect(outcome).toMatchObject({ kind: "accepted", degradedBy: null });
    expect(rejects).toEqual({});
    const snapshot = await lab.snapshot();
    const served = snapshot.rows.map((row) => fundingRow(row, Math.floor(snapshot.asOfMs / 1000)));
    const { instruments, skipped } = lab.simulator.market.truth(id);
    expect(differences(served, instruments)).toEqual([]);
    expect(served).toHaveLength(instruments.length);
    const shown = new Set(served.map((row) => row.exchange_symbol));
    expect(skipped.filter(({ exchange_symbol }) => shown.has(exchange_symbol))).toEqual([]);
    expect(skipped.length).toBeGreaterThan(0);
  });

  test("is true again after the market has moved over a settlement", async () => {
    using lab = exchangeLab([id], START_MS);
    await lab.cycle(id);
    for (const hours of [1, 3]) {
      await lab.clock.advance(hours * 3_600_000);
      await lab.cycle(id);
      const snapshot = await lab.snapshot();
      const asOf = Math.floor(snapshot.asOfMs / 1000);
      const served = snapshot.rows.map((row) => fundingRow(row, asOf));
      // The snapshot waited one publish period: the market has moved one step since the reply.
      lab.simulator.market.step(-5_000);
      expect(differences(served, lab.simulator.market.truth(id).instruments)).toEqual([]);
      lab.simulator.market.step(5_000);
    }
  });
});
