import { expect, test } from "bun:test";
import fc from "fast-check";
import { HOUR_MS } from "../../src/domain/funding.ts";
import type { BacktestLeg } from "../../src/services/history/backtest-query.ts";
import { backtestLeg, backtestOf, sampleAt } from "../support/backtest-legs.ts";
import { accruedAt, hour, MIDNIGHT_MS, pastOf, settledPast } from "../support/past.ts";

const MINUTE_MS = 60_000;
const DAYS = 6;

/** One leg as whole units of 1e-8 of the notional: what is paid at each minute after midnight. */
interface PlainLeg {
  readonly leg: BacktestLeg;
  readonly accrues: boolean;
  paidAt(minute: number): number;
}

const feeBps = fc.constantFrom(0, 0.5, 4.5, 5, 11);
const interval = fc.constantFrom(1, 2, 4, 8);

/** A leg in a few numbers, so that a failing one can be read. */
const plans = fc.record({
  units: fc.array(fc.integer({ min: -3000, max: 3000 }), { minLength: 1, maxLength: 40 }),
  bps: feeBps,
  accrues: fc.constantFrom(false, false, true),
  // An interval for the first days, then another one.
  first: interval,
  second: interval,
  days: fc.nat(DAYS),
});
type Plan = Parameters<Parameters<typeof plans.map>[0]>[0];

/** 1e-8 as a decimal text. */
function text(count: number): string {
  return `${count}e-8`;
}

function plainLeg(plan: Plan): PlainLeg {
  return plan.accrues ? continuousLeg(plan) : periodicLeg(plan);
}

function periodicLeg({ units, bps, first, second, days }: Plan): PlainLeg {
  const slots = new Map<number, { readonly amount: number; readonly hours: number }>();
  for (let at = 1; at <= DAYS * 24; at += 1) {
    const hours = at <= days * 24 ? first : second;
    if (at % hours === 0)
      slots.set(at * 60, { amount: units[slots.size % units.length] ?? 0, hours });
  }
  const past = settledPast(
    [...slots].map(([minute, { amount, hours }]) => ({
      slotMs: MIDNIGHT_MS + minute * MINUTE_MS,
      rate: text(amount),
      intervalHours: hours,
      origin: "exchange",
    })),
  );
  return {
    leg: backtestLeg("periodic", past, { feeBps: bps }),
    accrues: false,
    paidAt: (minute) => slots.get(minute)?.amount ?? 0,
  };
}

/** The amounts of an hour are whole units a minute. */
function continuousLeg({ units, bps }: Plan): PlainLeg {
  const perMinute = (at: number): number => units[at % units.length] ?? 0;
  const hours = accruedAt(
    ...Array.from(
      { length: DAYS * 24 },
      (_, nth) => [nth + 1, text(60 * perMinute(nth + 1))] as const,
    ),
  );
  return {
    leg: backtestLeg("continuous", pastOf({ kind: "accruals", hours }), { feeBps: bps }),
    accrues: true,
    paidAt: (minute) => perMinute(Math.ceil(minute / 60)),
  };
}

/** Walks minute by minute: what has accrued first, then settlements. Times in minutes after midnight. */
function walk(long: PlainLeg, short: PlainLeg, from: number, to: number) {
  const fill = Math.round((long.leg.feeBps + short.leg.feeBps) * 1e4);
  let equity = 0;
  let gross = 0;
  let high = 0;
  let lowest = Number.POSITIVE_INFINITY;
  let lowestAt = from;
  let fall = 0;
  const move = (at: number, received: number) => {
    equity += received;
    if (equity < lowest) {
      lowest = equity;
      lowestAt = at;
    }
    high = Math.max(high, equity);
    fall = Math.max(fall, high - equity);
  };
  move(from, -fill);
  for (let at = from + 1; at <= to; at += 1) {
    for (const isAccrued of [true, false]) {
      const paid = long.accrues === isAccrued ? long.paidAt(at) : 0;
      const received = short.accrues === isAccrued ? short.paidAt(at) : 0;
      gross += received - paid;
      move(at, received - paid);
    }
  }
  move(to, -fill);
  return { gross, fees: 2 * fill, net: equity, lowest, lowestAt, fall };
}

test("a backtest equals a walk minute by minute", () => {
  const minute = fc.integer({ min: 0, max: DAYS * 24 * 60 });
  fc.assert(
    fc.property(plans, plans, minute, minute, (longPlan, shortPlan, one, other) => {
      fc.pre(one !== other);
      const long = plainLeg(longPlan);
      const short = plainLeg(shortPlan);
      const [from, to] = [Math.min(one, other), Math.max(one, other)];
      const found = backtestOf(long.leg, short.leg, from / 60, to / 60);
      const walked = walk(long, short, from, to);
      // 10,000 dollars a side: a unit is a hundredth of a cent.
      const usd = (count: number) => count / 1e4;
      expect(found.grossUsd).toBe(usd(walked.gross));
      expect(found.feesUsd).toBe(usd(walked.fees));
      expect(found.netUsd).toBe(usd(walked.net));
      expect(found.curve.at(-1)?.equityUsd).toBe(usd(walked.net));
      expect(found.worst?.usd).toBe(usd(walked.lowest));
      expect(found.maxDrawdown?.usd).toBe(usd(walked.fall));
      const isInterim = (found.worst?.atMs ?? 0) < MIDNIGHT_MS + to * MINUTE_MS;
      if (isInterim) expect(found.worst?.atMs).toBe(MIDNIGHT_MS + walked.lowestAt * MINUTE_MS);
      expect(found.lacking).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test("whatever the times, each settlement is charged at most once, and only within (entry, exit]", () => {
  const second = fc.integer({ min: 0, max: DAYS * 24 * 3600 });
  fc.assert(
    fc.property(plans, second, second, (plan, one, other) => {
      fc.pre(one !== other);
      const { leg } = periodicLeg(plan);
      const [from, to] = [Math.min(one, other), Math.max(one, other)];
      const still = backtestLeg("still", settledPast([]));
      const { curve } = backtestOf(still, leg, from / 3600, to / 3600, { gaps: "allow" });
      const charged = curve.filter(({ kind }) => kind === "settlement").map(({ atMs }) => atMs);
      const due: number[] = [];
      for (let at = from + 1; at <= to; at += 1)
        if (at % 3600 === 0 && isSlot(leg, hour(at / 3600))) due.push(hour(at / 3600));
      expect(charged).toEqual(due);
    }),
    { numRuns: 100 },
  );
});

function isSlot({ past }: BacktestLeg, atMs: number): boolean {
  return (
    past.stored.kind === "settlements" &&
    past.stored.settlements.some(({ slotMs }) => slotMs === atMs)
  );
}

/** Samples of 8 h rates in units of 0.01 %, at minutes after midnight; null: the price alone. */
const anySamples = fc
  .array(fc.tuple(fc.nat(600), fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constant(null))), {
    maxLength: 60,
  })
  .map((drawn) => [...new Map(drawn)].toSorted(([left], [right]) => left - right));
type DrawnSamples = Parameters<Parameters<typeof anySamples.map>[0]>[0];

/** The yearly rate of the newest sample with a rate, if it is at most 15 minutes old. */
function yearlyPct(samples: DrawnSamples, minute: number): number | null {
  const newest = samples.findLast(([at, rate]) => at <= minute && rate !== null);
  const [at = 0, rate = null] = newest ?? [];
  return rate === null || minute - at > 15 ? null : rate * 10.95;
}

test("the rule holds exactly when a walk minute by minute does", () => {
  const flat = settledPast([]);
  const minute = fc.nat(600);
  // Between the yields that samples can have, so that rounding decides nothing.
  const threshold = fc.constantFrom(-30, -5, 5, 15, 30);
  fc.assert(
    fc.property(
      anySamples,
      anySamples,
      minute,
      minute,
      threshold,
      threshold,
      (long, short, one, other, first, second) => {
        fc.pre(one !== other);
        const [from, to] = [Math.min(one, other), Math.max(one, other)];
        const [leaveUnderPct, enterOverPct] = [Math.min(first, second), Math.max(first, second)];
        const legOf = (drawn: DrawnSamples) =>
          backtestLeg("leg", flat, {
            samples: drawn.map(([at, rate]) =>
              sampleAt(at / 60, { rate: rate === null ? null : rate / 10_000, intervalHours: 8 }),
            ),
          });
        const { trades } = backtestOf(legOf(long), legOf(short), from / 60, to / 60, {
          rule: { kind: "threshold", enterOverPct, leaveUnderPct },
          gaps: "allow",
        });
        const held = new Set<number>();
        let isHeld = false;
        for (let at = from; at < to; at += 1) {
          // Only a new rate makes a decision.
          const isNew = [...long, ...short].some(
            ([sampled, rate]) => sampled === at && rate !== null,
          );
          const paid = yearlyPct(long, at);
          const received = yearlyPct(short, at);
          if (isNew && paid !== null && received !== null)
            isHeld = isHeld ? received - paid >= leaveUnderPct : received - paid > enterOverPct;
          if (isHeld) held.add(at);
        }
        const found = new Set<number>();
        for (const { entryMs, exitMs } of trades)
          for (let atMs = entryMs; atMs < exitMs; atMs += MINUTE_MS)
            found.add(Math.round((atMs - MIDNIGHT_MS) / MINUTE_MS));
        expect([...found]).toEqual([...held]);
      },
    ),
    { numRuns: 1000 },
  );
});

test("a daylight-saving night under any time zone is an ordinary night", () => {
  const child = new URL("../support/funding-night-child.ts", import.meta.url).pathname;
  const figures = ["UTC", "America/New_York", "Australia/Lord_Howe"].map((zone) => {
    const { stdout, exitCode } = Bun.spawnSync([process.execPath, child], {
      env: { ...process.env, TZ: zone },
    });
    expect(exitCode).toBe(0);
    return stdout.toString();
  });
  // 24 hours: the long pays 24 x 0.10, the short receives 3 x 1.00; 3 x 0.0001 a day are 10.95 % a year.
  expect(JSON.parse(figures[0] ?? "")).toMatchObject({
    day: { count: 3, sum: "0.0003", coveredHours: 24, annualizedPct: 10.95, completeness: 1 },
    result: { heldHours: 24, grossUsd: 0.6 },
  });
  expect(new Set(figures).size).toBe(1);
  // The clocks of New York do change that night: its offset to UTC is an hour less afterwards.
  const offset = (at: number) =>
    new Intl.DateTimeFormat("en", { timeZone: "America/New_York", timeZoneName: "longOffset" })
      .format(hour(at))
      .split("GMT")[1];
  expect([offset(7 * 24 - 6), offset(7 * 24 + 18)]).toEqual(["-05:00", "-04:00"]);
  expect(hour(1) - hour(0)).toBe(HOUR_MS);
});
