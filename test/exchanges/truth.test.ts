import { describe, expect, test } from "bun:test";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { fundingRow } from "../../src/http/api/funding/list.ts";
import { exchangeLab } from "../support/exchange-lab.ts";
import { NOON_MS } from "../support/quote.ts";
import { truthDifferences } from "../support/truth-differences.ts";

/** Off the settlement grid and its minute, on a market step. */
const START_MS = NOON_MS + 17 * 60_000;

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
    expect(truthDifferences(served, instruments)).toEqual([]);
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
      expect(truthDifferences(served, lab.simulator.market.truth(id).instruments)).toEqual([]);
      lab.simulator.market.step(5_000);
    }
  });
});
