import { describe, expect, test } from "bun:test";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { TAKER_FEES } from "../../src/domain/taker-fees.ts";
import { EXCHANGES } from "../../src/exchanges/registry.ts";
import { takerBpsOf } from "../../src/exchanges/wire.ts";
import { describeRecorded } from "../support/recorded.ts";
import { demoMarket } from "../support/simulator.ts";
import { simulatorSource } from "../support/simulator-source.ts";

describe("a taker fee in a payload", () => {
  test.each([
    [0.0006, 6],
    ["0.00045", 4.5],
    ["6.0E-4", 6],
    [0, 0],
    [0.0011, 11],
    [0.01, 100],
    // In percent, in basis points, below 0, unreadable: not a fee.
    ["0.06", null],
    [0.0101, null],
    [6, null],
    [-0.0001, null],
    ["", null],
    [null, null],
    [undefined, null],
  ])("of %p is %p basis points", (stated, bps) => {
    expect(takerBpsOf(stated)).toBe(bps);
  });

  // As stated by the simulator; gate's is known to be outdated, and the others state none.
  test.each<[ExchangeId, number | null]>([
    ["bitget", 6],
    ["kucoin", 6],
    ["bingx", 5],
    ["edgex", 4.5],
    ["hibachi", 4.5],
    ["gate", null],
    ["okx", null],
  ])("of %s is that of each of its listings: %p", async (id, bps) => {
    const { quotes } = await EXCHANGES[id].refresh(simulatorSource(demoMarket({ scale: 0.1 }), id));
    const stated = new Set(quotes.map(({ takerFeeBps }) => takerFeeBps ?? null));
    expect([...stated]).toEqual([bps]);
  });
});

/** Where the recorded lists of an exchange state its fee: the file, the list in it and the field of a row. */
const STATED = [
  ["bitget", "live-2026-09/v3-instruments-usdt.json", ["data"], "takerFeeRate"],
  ["bitget", "live-2026-09/v3-instruments-usdc.json", ["data"], "takerFeeRate"],
  ["kucoin", "live-2026-09/contracts-active.json", ["data"], "takerFeeRate"],
  ["bingx", "live-2026-09/contracts.json", ["data"], "takerFeeRate"],
  ["edgex", "live-2026-09/getMetaData.json", ["data", "contractList"], "defaultTakerFeeRate"],
] as const;

describeRecorded("the table of fees, recorded", (read) => {
  test.each(STATED)("%s has the fee that %s states", async (id, file, path, field) => {
    const list = path.reduce<unknown>(
      (inner, name) => Reflect.get(Object(inner), name),
      await read(id, file),
    );
    const rows: readonly unknown[] = Array.isArray(list) ? list : [];
    expect(rows.length).toBeGreaterThan(1);
    const stated = rows.map((row) => takerBpsOf(Reflect.get(Object(row), field)));
    // If recorded on a later day they may differ: then the table and its date must be corrected.
    expect([...new Set(stated)]).toEqual([TAKER_FEES[id].takerBps]);
  });
});
