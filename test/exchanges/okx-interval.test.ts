import { describe, expect, test } from "bun:test";
import { IntervalChangeRepository } from "../../src/db/market/interval-change-repository.ts";
import type { Quote } from "../../src/domain/quote.ts";
import { okx } from "../../src/exchanges/okx.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";
import { acceptedBatch, startCollecting, testDatabase } from "../support/database.ts";
import { memorySource } from "../support/memory-source.ts";

const HOUR_MS = 3_600_000;
const MIDNIGHT = Date.UTC(2026, 9, 5);
const hour = (hours: number): number => MIDNIGHT + hours * HOUR_MS;

/** The settlements around the present as hours of the day; null for an empty field. */
interface Settlements {
  readonly previous: number | null;
  readonly coming: number;
  readonly following: number | null;
}

const stamp = (hours: number | null, jitterMs = 0): string =>
  hours === null ? "" : String(hour(hours) + jitterMs);

async function quoteAt(
  nowMs: number,
  { previous, coming, following }: Settlements,
  jitterMs = 0,
): Promise<Quote | undefined> {
  const down = new RequestFailure("timeout", "no answer");
  const rate = {
    instId: "AXS-USDT-SWAP",
    instType: "SWAP",
    fundingRate: "-0.0150000000000000",
    prevFundingTime: stamp(previous, -jitterMs),
    fundingTime: stamp(coming, jitterMs),
    nextFundingTime: stamp(following, 2 * jitterMs),
    formulaType: "withRate",
    interestRate: "0.0001000000000000",
    ts: String(nowMs),
  };
  const swap = {
    instId: "AXS-USDT-SWAP",
    instType: "SWAP",
    ctType: "linear",
    state: "live",
    ruleType: "normal",
    settleCcy: "USDT",
    uly: "AXS-USDT",
  };
  const bodies = {
    "/api/v5/public/funding-rate?instId=ANY": { code: "0", msg: "", data: [rate] },
    "/api/v5/public/instruments?instType=SWAP": { code: "0", msg: "", data: [swap] },
    "/api/v5/public/mark-price?instType=SWAP": down,
    "/api/v5/public/open-interest?instType=SWAP": down,
    "/api/v5/market/tickers?instType=SWAP": down,
    "/api/v5/market/index-tickers?quoteCcy=USDT": down,
  };
  return (await okx.refresh(memorySource(bodies, { nowMs }))).quotes[0];
}

describe("okx, the interval of a rate", () => {
  test("is the running period while the one after it is shorter, or longer", async () => {
    const shorter = await quoteAt(hour(9), { previous: 8, coming: 16, following: 20 });
    expect(shorter).toMatchObject({
      fundingIntervalHours: 8,
      intervalSource: "derived",
      baselineRate: 0.0001,
    });
    const longer = await quoteAt(hour(17), { previous: 16, coming: 20, following: 28 });
    expect(longer).toMatchObject({ fundingIntervalHours: 4, baselineRate: 0.00005 });
  });

  test("does not change with a later announcement", async () => {
    const odd = await quoteAt(hour(9), { previous: 8, coming: 16, following: 16.5 });
    expect(odd?.fundingIntervalHours).toBe(8);
    const missing = await quoteAt(hour(9), { previous: 8, coming: 16, following: null });
    expect(missing?.fundingIntervalHours).toBe(8);
  });

  test("is that of the first period for a contract that was never settled", async () => {
    const first = await quoteAt(hour(9), { previous: null, coming: 12, following: 16 });
    expect(first?.fundingIntervalHours).toBe(4);
    const nothing = await quoteAt(hour(9), { previous: null, coming: 12, following: null });
    expect(nothing).toMatchObject({ fundingIntervalHours: null, intervalSource: null });
  });

  test("is unknown if the running period is not a usual one", async () => {
    const five = await quoteAt(hour(9), { previous: 7, coming: 12, following: 16 });
    expect(five).toMatchObject({ fundingIntervalHours: null, baselineRate: null });
  });

  test("tolerates milliseconds of jitter in the times", async () => {
    const jittered = await quoteAt(hour(9), { previous: 8, coming: 16, following: 24 }, 450);
    expect(jittered?.fundingIntervalHours).toBe(8);
  });
});

test("okx: a change of the interval is one event, when the coming settlement has passed", async () => {
  using database = testDatabase();
  const epoch = startCollecting(database, ["okx"], MIDNIGHT);
  const rows: readonly (readonly [number, Settlements])[] = [
    [7.5, { previous: 0, coming: 8, following: 16 }],
    // OKX shortens the interval: the period that began at 8:00 is still 8 h.
    [9, { previous: 8, coming: 16, following: 20 }],
    [15.9, { previous: 8, coming: 16, following: 20 }],
    [16.1, { previous: 16, coming: 20, following: 24 }],
    [20.1, { previous: 20, coming: 24, following: 28 }],
  ];
  const intervals: unknown[] = [];
  for (const [hours, settlements] of rows) {
    const quote = await quoteAt(hour(hours), settlements);
    if (quote === undefined) throw new Error("no quote");
    intervals.push(quote.fundingIntervalHours);
    database.writer.commit(acceptedBatch("okx", epoch, hour(hours), [quote]));
  }
  expect(intervals).toEqual([8, 8, 8, 4, 4]);
  const changes = new IntervalChangeRepository(database.db).between(
    MIDNIGHT,
    hour(48),
    Number.MAX_SAFE_INTEGER,
  );
  expect(changes).toMatchObject([{ fromHours: 8, toHours: 4, changedAtMs: hour(16.1) }]);
  expect(changes).toHaveLength(1);
});
