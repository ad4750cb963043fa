import { describe, expect, test } from "bun:test";
import type { TrueInstrument } from "../../src/simulator/truth.ts";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { fundingRow } from "../../src/http/lists/funding-row.ts";
import type { FundingRow } from "../../src/http/lists/funding-schema.ts";
import { exchangeLab } from "../support/exchange-lab.ts";
import { NOON_MS } from "../support/quote.ts";
import { truthDifferences } from "../support/truth-differences.ts";

const HOUR_MS = 3_600_000;

/** Off the settlement grid and its minute, on a market step. */
const START_MS = NOON_MS + 17 * 60_000;

/** When contracts of every interval settle. */
const MIDNIGHT_MS = NOON_MS + 12 * HOUR_MS;

/** The symbols that still show the charged rate without a mark. */
function settlingUnsaid(
  served: readonly FundingRow[],
  truth: readonly TrueInstrument[],
): readonly string[] {
  const marked = new Set(
    served.filter(({ flags }) => flags.includes("settling")).map((row) => row.exchange_symbol),
  );
  return truth
    .filter((row) => row.settling && !marked.has(row.exchange_symbol))
    .map((row) => row.exchange_symbol);
}

describe.each(EXCHANGE_IDS)("%s, read from the simulator at full scale", (id) => {
  test("shows every instrument with the true value of every field, and nothing else", async () => {
    using lab = exchangeLab([id], START_MS);
    lab.simulator.market.freeze();
    const { outcome, rejects } = await lab.cycle(id);
    expect(outcome).toMatchObject({ kind: "accepted", degradedBy: null });
    expect(rejects).toEqual({});
    const snapshot = await lab.snapshot();
    const served = snapshot.rows.map((row) => fundingRow(row, Math.floor(snapshot.asOfMs / 1000)));
    const { instruments, skipped } = lab.simulator.market.truth(id);
    expect(truthDifferences(served, instruments)).toEqual([]);
    expect(served).toHaveLength(instruments.length);
    const shown = new Set(served.map((row) => row.exchange_symbol));
    expect(skipped.filter(({ exchange_symbol }) => shown.has(exchange_symbol))).toEqual([]);
    expect(skipped.length).toBeGreaterThan(0);
  });

  test("is true again after the market has moved across a settlement, and just after one", async () => {
    using lab = exchangeLab([id], START_MS);
    await lab.cycle(id);
    for (const atMs of [START_MS + HOUR_MS, START_MS + 4 * HOUR_MS, MIDNIGHT_MS + 15_000]) {
      await lab.clock.advance(atMs - lab.clock.nowMs());
      await lab.cycle(id);
      const snapshot = await lab.snapshot();
      const asOf = Math.floor(snapshot.asOfMs / 1000);
      const served = snapshot.rows.map((row) => fundingRow(row, asOf));
      // The snapshot waited one publish period: the market has moved one step since the reply.
      lab.simulator.market.step(-5_000);
      const { instruments } = lab.simulator.market.truth(id);
      expect(truthDifferences(served, instruments)).toEqual([]);
      expect(settlingUnsaid(served, instruments)).toEqual([]);
      lab.simulator.market.step(5_000);
    }
  });
});
