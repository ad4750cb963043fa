import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { applies } from "../../src/simulator/encoders.ts";
import { FAULTS, type FaultName } from "../../src/simulator/fault-names.ts";
import type { Fault } from "../../src/simulator/faults.ts";
import { EXCHANGE_IDS, type ExchangeId, type FailureKind } from "../../src/domain/exchange.ts";
import { flagNames, isBlocked } from "../../src/domain/flags.ts";
import type { BoardRow, Snapshot } from "../../src/domain/market.ts";
import { type ExchangeLab, exchangeLab } from "../support/exchange-lab.ts";
import { partFor } from "../support/part-of-market.ts";
import { NOON_MS } from "../support/quote.ts";
import { LONG_MS } from "../support/patience.ts";

const START_MS = NOON_MS + 17 * 60_000;
const MINUTE_MS = 60_000;
/** An instrument missing from this many complete batches is considered delisted. */
const BATCHES_TO_DELIST = 3;
/** A refresh that takes longer than this leaves no time for the next one. */
const DEADLINE_MS = 45_000;

/** An unaffected exchange next to the one with the fault. */
function bystanderOf(id: ExchangeId): ExchangeId {
  return id === "bitfinex" ? "dydx" : "bitfinex";
}

/** Faults that fail the whole refresh, and the failure kinds they may have. */
const FAILING: Partial<Record<FaultName, readonly FailureKind[]>> = {
  hang: ["timeout"],
  // Each exchange knows what a firewall means by it.
  http403: ["banned", "geo_blocked", "rate_limited", "http"],
  http429: ["rate_limited"],
  http418: ["banned"],
  http451: ["geo_blocked"],
  http500: ["http"],
  html: ["bad_envelope"],
  truncated_json: ["bad_envelope"],
  huge_body: ["too_large"],
  deep_json: ["too_large"],
  gzip_bomb: ["too_large"],
  many_rows: ["too_large"],
  // An exchange may report in its envelope that it is busy: then the envelope is valid.
  error_envelope: ["bad_envelope", "http"],
  empty_list: ["bad_envelope"],
  missing_field: ["refused_batch"],
};

/** The rates that readers see, by symbol. */
function ratesOf(snapshot: Snapshot, id: ExchangeId): Map<string, number> {
  const rows = snapshot.rows.filter(({ record }) => record.exchange === id);
  return new Map(rows.map(({ record }) => [record.exchangeSymbol, record.fundingRate]));
}

function trueRates(lab: ExchangeLab, id: ExchangeId): Map<string, number> {
  const { instruments } = lab.simulator.market.truth(id);
  return new Map(instruments.map((row) => [row.exchange_symbol, row.funding_rate]));
}

/** A price may come from another payload, which is seconds older; a garbled one is off by more. */
const PRICE_TOLERANCE = 1e-3;

function isNear(left: number | undefined, right: number | null | undefined, share = 1e-9): boolean {
  if (left === undefined || right === undefined || right === null) return false;
  return Math.abs(left - right) <= share * Math.max(Math.abs(left), Math.abs(right));
}

/** A lab after one successful refresh of an exchange and an unaffected one. */
async function preparedLab(id: ExchangeId): Promise<ExchangeLab> {
  const lab = exchangeLab([id, bystanderOf(id)], START_MS, "off", partFor(id));
  expect((await lab.cycle(id)).outcome).toMatchObject({ kind: "accepted", degradedBy: null });
  await lab.cycle(bystanderOf(id));
  return lab;
}

/** The other exchange is refreshed as usual. */
async function expectUntouched(lab: ExchangeLab, id: ExchangeId): Promise<void> {
  const other = bystanderOf(id);
  expect((await lab.cycle(other)).outcome).toMatchObject({ kind: "accepted", degradedBy: null });
  const served = ratesOf(await lab.snapshot(), other);
  lab.simulator.market.step(-5_000);
  const truth = trueRates(lab, other);
  lab.simulator.market.step(5_000);
  expect([...truth].filter(([symbol, rate]) => !isNear(served.get(symbol), rate))).toEqual([]);
}

/** After the fault ends, the next refresh is complete and true again. */
async function expectRecovery(lab: ExchangeLab, id: ExchangeId, pauseMs: number): Promise<void> {
  lab.simulator.market.clearFaults(id);
  await lab.clock.advance(pauseMs);
  expect((await lab.cycle(id)).outcome).toMatchObject({ kind: "accepted", degradedBy: null });
  expect(lab.state(id)).toMatchObject({ failureKind: null, failure: null, failuresInRow: 0 });
}

const cases = EXCHANGE_IDS.flatMap((id) =>
  FAULTS.filter((fault) => applies(id, fault)).map((fault): [ExchangeId, FaultName] => [id, fault]),
);

describe.each(EXCHANGE_IDS)("a fault of every request to %s", (id) => {
  // One lab for all of them, one after the other: each starts where the exchange has just recovered.
  let lab: ExchangeLab;
  beforeAll(async () => {
    lab = await preparedLab(id);
  });
  afterAll(() => lab[Symbol.dispose]());

  test.each(FAULTS.filter((name) => FAILING[name] !== undefined && applies(id, name)))(
    "%s: old rows stay, the kind is right, others are unaffected, it recovers",
    async (name) => {
      lab.simulator.market.clearFaults();
      const before = ratesOf(await lab.snapshot(), id);
      expect(before.size).toBe(trueRates(lab, id).size);
      const { commitSeq } = lab.state(id);
      await lab.clock.advance(MINUTE_MS);
      const fault: Fault = name === "http429" ? { name, retryAfterSeconds: 90 } : { name };
      lab.simulator.market.setFault(id, fault);
      const patience = name === "hang" ? "hangs" : "answers";
      const { outcome, pauseMs, tookMs } = await lab.cycle(id, patience);
      expect(outcome.kind).toBe("failed");
      expect(tookMs).toBeLessThanOrEqual(DEADLINE_MS);
      const kinds = FAILING[name] ?? [];
      expect(kinds).toContain(
        (outcome.kind === "failed" ? outcome.failureKind : "none") as FailureKind,
      );
      if (name === "http429") expect(pauseMs).toBe(90_000);
      expect(lab.state(id)).toMatchObject({ failuresInRow: 1, commitSeq });
      expect(lab.state(id).failure).toBeString();
      expect(ratesOf(await lab.snapshot(), id)).toEqual(before);
      await expectUntouched(lab, id);
      await expectRecovery(lab, id, pauseMs);
    },
    LONG_MS,
  );

  test("slow: it is still read completely", async () => {
    lab.simulator.market.clearFaults();
    await lab.clock.advance(MINUTE_MS);
    lab.simulator.market.setFault(id, { name: "slow", delayMs: 5, times: 12 });
    expect((await lab.cycle(id)).outcome).toMatchObject({ kind: "accepted", degradedBy: null });
  });
});

describe("a fault that garbles some rows", () => {
  const spoiling = cases.filter(([, fault]) => fault === "garbage_numbers");

  test.each(spoiling)(
    "%s, %s: every rate that is new is true, the others keep their age",
    async (id, name) => {
      using lab = await preparedLab(id);
      await lab.clock.advance(10 * MINUTE_MS);
      lab.simulator.market.setFault(id, { name });
      const { outcome, rejects, pauseMs } = await lab.cycle(id);
      expect(outcome.kind).toBe("accepted");
      expect(lab.state(id).degradedBy).toContain("instruments");
      const size = trueRates(lab, id).size;
      const rejected = Object.values(rejects).reduce((sum, count) => sum + count, 0);
      expect(rejected).toBeGreaterThan(Math.min(10, size * 0.2));
      const takenMs = lab.clock.nowMs();
      const snapshot = await lab.snapshot();
      lab.simulator.market.step(-5_000);
      const truth = new Map(
        lab.simulator.market.truth(id).instruments.map((row) => [row.exchange_symbol, row]),
      );
      const rows = snapshot.rows.filter(({ record }) => record.exchange === id);
      const isNew = ({ record }: BoardRow): boolean => takenMs - record.observedAtMs < MINUTE_MS;
      const fresh = rows.filter(isNew);
      expect(fresh.length).toBeGreaterThanOrEqual(Math.floor(rows.length * 0.6));
      expect(fresh.length).toBeLessThan(rows.length * 0.95);
      const wrong = fresh.filter(({ record }) => {
        const real = truth.get(record.exchangeSymbol);
        const prices = [
          [record.markPrice, real?.mark_price],
          [record.indexPrice, real?.index_price],
        ] as const;
        return (
          !isNear(record.fundingRate, real?.funding_rate) ||
          prices.some(([shown, is]) => shown !== null && !isNear(shown, is, PRICE_TOLERANCE))
        );
      });
      expect(wrong.map(({ record }) => record.exchangeSymbol)).toEqual([]);
      const stale = rows.filter((row) => !isNew(row));
      expect(stale.every(({ flags }) => flagNames(flags).includes("stale"))).toBe(true);
      await expectUntouched(lab, id);
      await expectRecovery(lab, id, pauseMs);
    },
    LONG_MS,
  );

  test.each(cases.filter(([, fault]) => fault === "half_list"))(
    "%s, %s: no instrument is lost and the exchange is not ok",
    async (id, name) => {
      using lab = await preparedLab(id);
      const before = ratesOf(await lab.snapshot(), id);
      lab.simulator.market.setFault(id, { name });
      let pauseMs = MINUTE_MS;
      for (let batch = 0; batch < BATCHES_TO_DELIST + 1; batch += 1) {
        await lab.clock.advance(pauseMs);
        ({ pauseMs } = await lab.cycle(id));
        const { degradedBy, failureKind } = lab.state(id);
        expect(degradedBy !== null || failureKind === "refused_batch").toBe(true);
      }
      expect(ratesOf(await lab.snapshot(), id).size).toBe(before.size);
      await expectUntouched(lab, id);
      await expectRecovery(lab, id, pauseMs);
    },
    LONG_MS,
  );
});

/** With fewer instruments of known, non-negligible hourly rates there is no median. */
const MIN_COMPARED = 20;
const NOISE_PER_HOUR = 1e-6;

test.each(cases.filter(([, fault]) => fault === "scaled_rates"))(
  "%s, %s: rates in percent are refused where enough can be compared, and right ones are accepted again",
  async (id, name) => {
    using lab = await preparedLab(id);
    const shown = await lab.snapshot();
    const before = ratesOf(shown, id);
    lab.simulator.market.setFault(id, { name });
    await lab.clock.advance(MINUTE_MS);
    const { outcome, pauseMs } = await lab.cycle(id);
    // BloFin's intervals are not known before its second list.
    const comparable = shown.rows.filter(({ record }) => {
      const hours = record.fundingIntervalHours ?? Number.POSITIVE_INFINITY;
      return record.exchange === id && Math.abs(record.fundingRate) / hours > NOISE_PER_HOUR;
    });
    if (comparable.length < MIN_COMPARED) {
      expect(outcome.kind).toBe("accepted");
      return;
    }
    expect(outcome).toMatchObject({ kind: "failed", failureKind: "refused_batch" });
    expect(lab.state(id).failure).toMatch(/^rates are \d+ times those of the last accepted batch/);
    expect(ratesOf(await lab.snapshot(), id)).toEqual(before);
    await expectUntouched(lab, id);
    await expectRecovery(lab, id, pauseMs);
  },
  20_000,
);

test.each(cases.filter(([, fault]) => fault === "frozen_timestamps"))(
  "%s, %s: after five minutes its rows are stale, and fresh again when the clock moves",
  async (id, name) => {
    using lab = await preparedLab(id);
    lab.simulator.market.setFault(id, { name });
    const staleShare = async (): Promise<number> => {
      const rows = (await lab.snapshot()).rows.filter(({ record }) => record.exchange === id);
      return rows.filter(({ flags }) => flagNames(flags).includes("stale")).length / rows.length;
    };
    for (let minute = 0; minute < 6; minute += 1) {
      await lab.clock.advance(MINUTE_MS);
      await lab.cycle(id);
      if (minute === 3) expect(await staleShare()).toBe(0);
    }
    expect(await staleShare()).toBe(1);
    expect((await lab.snapshot()).exchanges.find((view) => view.exchange === id)?.status).toBe(
      "stale",
    );
    lab.simulator.market.clearFaults(id);
    await lab.clock.advance(MINUTE_MS);
    await lab.cycle(id);
    expect(await staleShare()).toBe(0);
  },
  LONG_MS,
);

test.each(["gate", "kucoin"] as const)(
  "%s, a market frozen for nine hours: it responds, and every row is expired, hence blocked",
  async (id) => {
    using lab = exchangeLab([id], START_MS);
    await lab.cycle(id);
    const flagsNow = async (): Promise<readonly (readonly [string, boolean])[]> =>
      (await lab.snapshot()).rows.map(({ flags, record, nextFundingAtMs }) => {
        const isExpired = flagNames(flags).includes("expired") && isBlocked(flags);
        return [record.exchangeSymbol, isExpired && nextFundingAtMs === null] as const;
      });
    expect((await flagsNow()).filter(([, isExpired]) => isExpired)).toEqual([]);
    lab.simulator.market.freeze();
    await lab.clock.advance(9 * 60 * MINUTE_MS);
    expect((await lab.cycle(id)).outcome).toMatchObject({ kind: "accepted" });
    const rows = await flagsNow();
    expect(rows).toHaveLength(lab.simulator.market.truth(id).instruments.length);
    expect(rows.filter(([, isExpired]) => !isExpired)).toEqual([]);
  },
  LONG_MS,
);
