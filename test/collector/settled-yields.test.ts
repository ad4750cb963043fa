import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { HistoryStore } from "../../src/collector/history-store.ts";
import { SettledYields } from "../../src/collector/settled-yields.ts";
import type { SettlementOrigin } from "../../src/domain/settlement.ts";
import { type TestDatabase, testDatabase } from "../support/database.ts";
import { seriesOf } from "../support/history.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { NOON_MS } from "../support/quote.ts";
import { storedSeries } from "../support/stored-history.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Longer than payments that are too old still count. */
const SETTLED_MS = 12 * MINUTE_MS;

/** Settled yields of a history on a clock controlled by the test, and how many pasts were read for them. */
class Lab {
  readonly clock = new ManualClock(NOON_MS);
  readonly database: TestDatabase = testDatabase();
  /** The times at which pasts were read. */
  reads: number[] = [];
  /** What the market would have, by uid. */
  readonly market = new Map<string, number | null>();
  #history: HistoryStore | null = null;
  #yields: SettledYields | null = null;
  #lifetime = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  async start(): Promise<void> {
    const { clock, database } = this;
    this.#lifetime = new AbortController();
    const deps = { clock, log: memoryLog(), until: this.#lifetime.signal };
    const history = await HistoryStore.open(database.path, deps);
    await history.takenOver;
    const note = (): number => this.reads.push(clock.monotonicMs());
    const { settlements, series, changed } = history;
    const counted: ConstructorParameters<typeof SettledYields>[0]["history"] = {
      series,
      changed,
      attempt: (work) => history.attempt(work),
      settlements: {
        range: (...of) => (note(), settlements.range(...of)),
        before: (...of) => settlements.before(...of),
      },
      accruedHours: (...of) => (note(), history.accruedHours(...of)),
    };
    this.#history = history;
    this.#yields = new SettledYields({ history: counted, clock });
    this.#ended = this.#yields.run(this.#lifetime.signal);
  }

  async stop(): Promise<void> {
    this.#lifetime.abort();
    await this.#ended;
    this.#history?.close();
  }

  get history(): HistoryStore {
    if (this.#history === null) throw new Error("not started");
    return this.#history;
  }

  /** Lets time pass, then commits okx; returns how many yields were stored with that. */
  async pass(ms: number): Promise<number> {
    await this.clock.advance(ms);
    const stored = this.#yields?.of("okx") ?? new Map();
    for (const [uid, { aprPct }] of stored) this.market.set(uid, aprPct);
    this.#yields?.stored("okx");
    return stored.size;
  }

  /** What the next commit is to store. */
  pending() {
    return [...(this.#yields?.of("okx") ?? [])];
  }

  /** Stores payments of series that need not exist: the nth has the uid okx-S<n>. */
  pay(origin: SettlementOrigin, payments: readonly Payment[]): Promise<void> {
    const { series, settlements } = this.history;
    return this.history.write(() => {
      for (const { nth, slotMs, hours, units } of payments) {
        const { id } = series.ensure(seriesOf(`S${nth}`));
        const rate = (units / 1e8).toFixed(8);
        settlements.put(id, { atMs: slotMs, rate, intervalHours: hours, markPrice: null }, origin);
      }
    });
  }

  /** What the table says about the last seven days, by uid: summed up by hand, from stated intervals. */
  recomputed(): Map<string, number | null> {
    const nowMs = this.clock.nowMs();
    return new Map(
      storedSeries(this.database.path).map(({ series, settlements }) => {
        const paid = settlements.filter(({ slotMs }) => slotMs >= nowMs - 7 * DAY_MS);
        const hours = paid.reduce((sum, { intervalHours }) => sum + (intervalHours ?? 0), 0);
        const units = paid.reduce((sum, { rate }) => sum + Math.round(Number(rate) * 1e8), 0);
        return [series.uid, hours < 84 ? null : ((units / 1e6) * 8_760) / hours];
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.database[Symbol.dispose]();
  }
}

interface Payment {
  readonly nth: number;
  readonly slotMs: number;
  readonly hours: number;
  readonly units: number;
}

async function started(): Promise<Lab> {
  const lab = new Lab();
  await lab.start();
  return lab;
}

/** Payments every `hours` in the `days` before a time, the last one at it. */
function regular(nth: number, hours: number, days: number, untilMs: number, units = 10_000) {
  return Array.from({ length: (days * 24) / hours }, (_, step): Payment => ({
    nth,
    slotMs: untilMs - step * hours * HOUR_MS,
    hours,
    units,
  }));
}

describe("what an instrument paid in seven days", () => {
  test("is known as soon as payments are stored, and follows every correction", async () => {
    await using lab = await started();
    await lab.pay("exchange", regular(0, 8, 10, NOON_MS - 8 * HOUR_MS));
    await lab.pay("estimated", [{ nth: 0, slotMs: NOON_MS - HOUR_MS, hours: 8, units: 10_000 }]);
    await lab.pass(MINUTE_MS);
    expect(lab.market.get("okx-S0")).toBe(10.95);
    await lab.pay("row", [{ nth: 0, slotMs: NOON_MS - HOUR_MS, hours: 8, units: -200_000 }]);
    await lab.pass(MINUTE_MS);
    expect(lab.market.get("okx-S0")).toBe(0);
    await lab.pay("exchange", [{ nth: 0, slotMs: NOON_MS - HOUR_MS, hours: 8, units: 220_000 }]);
    await lab.pass(MINUTE_MS);
    expect(lab.market.get("okx-S0")).toBe(21.9);
  });

  test("ages without new payments, until they cover too little", async () => {
    await using lab = await started();
    const paid = regular(0, 8, 6, NOON_MS);
    // The newest ones paid nothing.
    await lab.pay(
      "exchange",
      paid.map((payment, step) => (step < 11 ? { ...payment, units: 0 } : payment)),
    );
    await lab.pass(MINUTE_MS);
    // 18 payments, seven of them at 0.01 %.
    expect(lab.market.get("okx-S0")).toBeCloseTo((10.95 * 7) / 18, 12);
    // The first one was 136 hours before noon.
    await lab.pass(32 * HOUR_MS - MINUTE_MS);
    expect(lab.market.get("okx-S0")).toBeCloseTo((10.95 * 7) / 18, 12);
    await lab.pass(SETTLED_MS);
    expect(lab.market.get("okx-S0")).toBeCloseTo((10.95 * 6) / 17, 12);
    await lab.pass(6 * 8 * HOUR_MS);
    expect(lab.market.get("okx-S0")).toBe(0);
    await lab.pass(8 * HOUR_MS);
    expect(lab.market.get("okx-S0")).toBeNull();
  });

  test("is unknown for a new instrument under the same ticker", async () => {
    await using lab = await started();
    await lab.pay("exchange", regular(0, 8, 8, NOON_MS));
    await lab.history.write(() => {
      const { series, settlements } = lab.history;
      const { id } = series.ensure(seriesOf("S0", { uid: "okx-S0-again" }));
      const paid = { atMs: NOON_MS, rate: "0.0001", intervalHours: 8, markPrice: null };
      settlements.put(id, paid, "row");
    });
    await lab.pass(MINUTE_MS);
    expect(lab.market).toEqual(
      new Map([
        ["okx-S0", 10.95],
        ["okx-S0-again", null],
      ]),
    );
  });

  test("of continuous funding comes from the accrued hours", async () => {
    await using lab = await started();
    const { series, accruals } = lab.history;
    const amount = "0.00001";
    await lab.history.write(() => {
      const { id } = series.ensure(seriesOf("S0", { accrual: "continuous" }));
      for (let hours = 0; hours < 200; hours += 1)
        accruals.put(id, { hourEndMs: NOON_MS - hours * HOUR_MS, amount, unit: "fraction" });
    });
    await lab.pass(MINUTE_MS);
    expect(lab.market.get("okx-S0")).toBe(8.76);
  });

  test("counts a payment that is stated before our clock is there", async () => {
    await using lab = await started();
    await lab.pay("exchange", regular(0, 8, 7, NOON_MS));
    await lab.pay("row", [{ nth: 0, slotMs: NOON_MS + MINUTE_MS, hours: 8, units: 2_110_000 }]);
    await lab.pass(30_000);
    expect(lab.market.get("okx-S0")).toBeCloseTo((10.95 * (21 + 211)) / 22, 9);
  });

  test("is stored with its end: an hour after a payment becomes too old", async () => {
    await using lab = await started();
    await lab.pay("exchange", regular(0, 8, 7, NOON_MS));
    await lab.clock.advance(MINUTE_MS);
    const first = NOON_MS - 20 * 8 * HOUR_MS;
    expect(lab.pending()).toEqual([
      ["okx-S0", { aprPct: 10.95, untilMs: first + 7 * DAY_MS + HOUR_MS }],
    ]);
  });
});

describe("after anything that happens", () => {
  const hours = fc.constantFrom(1, 2, 4, 8);
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("pay" as const),
      nth: fc.nat(2),
      origin: fc.constantFrom<SettlementOrigin>("estimated", "row", "exchange"),
      count: fc.integer({ min: 1, max: 60 }),
      back: fc.nat(40),
      units: fc.integer({ min: -50_000, max: 50_000 }),
    }),
    fc.record({ kind: fc.constant("wait" as const), hours: fc.integer({ min: 1, max: 30 }) }),
    fc.record({ kind: fc.constant("restart" as const), hours: fc.nat(100) }),
  );

  test("the market has what the table says", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(hours, hours, hours),
        fc.array(step, { minLength: 1, maxLength: 8 }),
        async (intervals, steps) => {
          await using lab = await started();
          // Between two slots, so that nothing becomes too old while it is compared.
          await lab.clock.advance(15 * MINUTE_MS);
          for (const one of steps) {
            if (one.kind === "pay") await lab.pay(one.origin, paymentsOf(one, intervals, lab));
            if (one.kind === "wait") await lab.clock.advance(one.hours * HOUR_MS);
            if (one.kind === "restart") {
              await lab.stop();
              await lab.clock.advance(one.hours * HOUR_MS);
              await lab.start();
            }
            await lab.pass(HOUR_MS);
            const expected = lab.recomputed();
            expect([...lab.market.keys()].toSorted()).toEqual([...expected.keys()].toSorted());
            for (const [uid, pct] of expected) {
              const found = lab.market.get(uid) ?? null;
              if (pct === null || found === null) expect([uid, found]).toEqual([uid, pct]);
              else expect(Math.abs(found - pct)).toBeLessThan(1e-9 * (1 + Math.abs(pct)));
            }
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  function paymentsOf(
    { nth, count, back, units }: { nth: number; count: number; back: number; units: number },
    intervals: readonly number[],
    lab: Lab,
  ): Payment[] {
    const each = intervals[nth] ?? 8;
    const lastMs = Math.floor(lab.clock.nowMs() / (each * HOUR_MS)) * each * HOUR_MS;
    return Array.from({ length: count }, (_, place) => ({
      nth,
      slotMs: lastMs - (back + place) * each * HOUR_MS,
      hours: each,
      units: units + place * 17,
    }));
  }
});

describe("the cost of a settlement", () => {
  const SERIES = 100;

  test("is one read and one stored yield per change, at most sixteen at once", async () => {
    await using lab = await started();
    const all = Array.from({ length: SERIES }, (_, nth) => nth);
    await lab.pay(
      "exchange",
      all.flatMap((nth) => regular(nth, 8, 8, NOON_MS)),
    );
    expect(await lab.pass(MINUTE_MS)).toBe(SERIES);
    expect(lab.reads).toHaveLength(SERIES);
    const atOnce = Map.groupBy(lab.reads, (atMs) => atMs);
    expect(Math.max(...[...atOnce.values()].map(({ length }) => length))).toBe(16);
    // Until the next slot, nothing.
    lab.reads = [];
    expect(await lab.pass(8 * HOUR_MS - MINUTE_MS)).toBe(0);
    expect(lab.reads).toEqual([]);
    // The oldest payments become too old in this minute: one computation for both.
    const charged = all.map((nth) => ({ nth, slotMs: lab.clock.nowMs(), hours: 8, units: 1 }));
    await lab.pass(MINUTE_MS);
    await lab.pay("estimated", charged);
    await lab.pay("row", charged);
    expect(await lab.pass(4 * HOUR_MS)).toBe(SERIES);
    expect(lab.reads).toHaveLength(SERIES);
    // The same again changes nothing.
    await lab.pay("row", charged);
    expect(await lab.pass(MINUTE_MS)).toBe(0);
    expect(lab.reads).toHaveLength(SERIES);
  });

  test("ends when nothing of an instrument is left to become too old", async () => {
    await using lab = await started();
    await lab.pay("exchange", regular(0, 8, 7, NOON_MS));
    await lab.pass(7 * DAY_MS + HOUR_MS);
    expect(lab.market.get("okx-S0")).toBeNull();
    // Once when it was stored, and once for each of its 21 payments.
    expect(lab.reads).toHaveLength(22);
    await lab.pass(DAY_MS);
    expect(lab.reads).toHaveLength(22);
  });

  test("is paid once more for every series at a start", async () => {
    await using lab = await started();
    await lab.pay("exchange", regular(0, 8, 7, NOON_MS));
    await lab.stop();
    await lab.start();
    expect(await lab.pass(MINUTE_MS)).toBe(1);
    expect(lab.market.get("okx-S0")).toBe(10.95);
  });
});
