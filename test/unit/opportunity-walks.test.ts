import { expect, test } from "bun:test";
import fc from "fast-check";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { INSTRUMENT_ID_BOUND } from "../../src/domain/opportunity-columns.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { type Listing, type Stored, storedOf, trackerScene } from "../support/opportunity-scene.ts";
import { NOON_MS } from "../support/quote.ts";

const SOME: readonly ExchangeId[] = ["okx", "bybit", "gate", "kraken"];
const STALE_AFTER = 180;
const SILENT_AFTER = 90;
const REQUESTED_AGAIN_AFTER = 180;

/** A listing as its exchange committed it. */
type Row = Listing & { readonly observedAt: number };

/** The rules, applied to all pairs at every observation. Seconds after noon. */
class Oracle {
  readonly open = new Map<
    string,
    Stored[string] & { ids: [number, number]; misses: number; unsure: boolean }
  >();
  #since: number;
  #away = true;
  #asOf: number | null = null;

  constructor(stored: Stored, now: number) {
    this.#since = now;
    for (const [pair, known] of Object.entries(stored)) {
      const [long = 0, short = 0] = pair.split(">").map(Number);
      this.open.set(pair, { ...known, ids: [long, short], misses: 0, unsure: false });
    }
  }

  check(now: number, rows: readonly Row[], okAt: number): void {
    const slept = this.#asOf !== null && now - this.#asOf > SILENT_AFTER;
    const silent = now - okAt > SILENT_AFTER;
    this.#asOf = now;
    this.#since = Math.min(this.#since, now);
    if (slept || silent) {
      this.#away = true;
      this.#since = now;
    }
    if (silent) return;
    const yields = yieldsOf(rows.filter((row) => isTrusted(row, now)));
    const outdated = new Set(
      rows
        .filter(({ observedAt }) => observedAt < this.#since)
        .filter(() => now - this.#since <= REQUESTED_AGAIN_AFTER)
        .map(({ id }) => id),
    );
    for (const [pair, known] of this.open) {
      if (this.#away) known.unsure = true;
      const met = yields.get(pair);
      if (met !== undefined) {
        const unobserved = known.unobserved + (known.unsure ? Math.max(0, now - known.last) : 0);
        const first = Math.min(known.first, now);
        this.open.set(pair, {
          ids: known.ids,
          first,
          last: now,
          peak: Math.max(known.peak, met.pct),
          unobserved: Math.min(unobserved, now - first),
          misses: 0,
          unsure: false,
        });
      } else if (known.ids.some((id) => outdated.has(id))) known.unsure = true;
      else if (known.misses === 2) this.open.delete(pair);
      else known.misses += 1;
    }
    for (const [pair, { ids, pct }] of yields) {
      if (this.open.has(pair)) continue;
      const fresh = { first: now, last: now, peak: pct, unobserved: 0, misses: 0, unsure: false };
      this.open.set(pair, { ids, ...fresh });
    }
    this.#away = false;
  }

  stored(): Stored {
    return Object.fromEntries(
      [...this.open].map(([pair, { first, last, peak, unobserved }]) => [
        pair,
        { first, last, peak, unobserved },
      ]),
    );
  }
}

function isTrusted(row: Row, now: number): boolean {
  return row.blocked !== true && now - row.observedAt <= STALE_AFTER;
}

function yieldsOf(rows: readonly Row[]) {
  const found = new Map<string, { readonly ids: [number, number]; readonly pct: number }>();
  for (const long of rows) {
    for (const short of rows) {
      const [dear = 100, cheap = 100] = [long.price, short.price];
      const gapPct = (200 * Math.abs(dear - cheap)) / (dear + cheap);
      const isOfOne = long.base === short.base && long.exchange !== short.exchange;
      const fits = long.id < INSTRUMENT_ID_BOUND && short.id < INSTRUMENT_ID_BOUND;
      const pct = short.pct - long.pct;
      if (isOfOne && fits && pct >= 5 && gapPct <= 10)
        found.set(`${long.id}>${short.id}`, { ids: [long.id, short.id], pct });
    }
  }
  return found;
}

const IDS = [1, 2, 3, 4, 5, 6, 7, 8, INSTRUMENT_ID_BOUND, INSTRUMENT_ID_BOUND + 1];

const LISTINGS = fc
  .uniqueArray(
    fc.record({
      id: fc.constantFrom(...IDS),
      base: fc.constantFrom("BTC", "BTC", "ETH"),
      pct: fc.constantFrom(-4, 0, 3, 7, 20),
      blocked: fc.constantFrom(true, false, false, false, false),
      // 105 is within 10 % of both others, which are not within 10 % of each other.
      price: fc.constantFrom(100, 100, 105, 115),
    }),
    { selector: ({ id }) => id, maxLength: IDS.length },
  )
  .map((listings) =>
    listings.map((listing): Listing => ({ ...listing, exchange: SOME[listing.id % 4] ?? "okx" })),
  );

const STEP = fc.record({
  seconds: fc.constantFrom(1, 5, 5, 5, 30, 60, 100, 200, -40),
  /** Who commits; half of the time no exchange does, so that only time changes anything. */
  commits: fc.constantFrom<ExchangeId[]>([], [], ["okx"], ["bybit", "gate"], [...SOME]),
  listings: LISTINGS,
  /** Whether the previous listings are committed again, with only the prices changed. */
  pricesOnly: fc.boolean(),
  restarts: fc.constantFrom(true, false, false, false, false, false),
});

/** The same listings at the prices of others. */
function repriced(rows: readonly Row[], others: readonly Listing[]): Listing[] {
  return rows.map(({ id, exchange, base, pct, blocked }, index) => {
    const price = others[index]?.price ?? 100;
    return { id, exchange, pct, price, base: base ?? "BTC", blocked: blocked === true };
  });
}

test("whatever the market does, a tracker that observes changed assets agrees with a pass over all pairs", async () => {
  let [observations, pairs] = [0, 0];
  await fc.assert(
    fc.asyncProperty(
      fc.array(STEP, { minLength: 10, maxLength: 30, size: "max" }),
      fc.constantFrom(0, 30_000),
      async (steps, storeEveryMs) => {
        const clock = new ManualClock(NOON_MS);
        let scene = trackerScene(storeEveryMs, null, clock);
        let oracle = new Oracle({}, 0);
        let rows: readonly Row[] = [];
        let [now, okAt, trusted, written, isFirst] = [0, 0, "", 0, true];
        for (const { seconds, commits, listings: others, pricesOnly, restarts } of steps) {
          if (restarts) {
            const { market, writes } = scene;
            const last = writes.at(-1) ?? null;
            scene = trackerScene(storeEveryMs, last, clock, market);
            oracle = new Oracle(last === null ? {} : storedOf(last), now);
            written = 0;
            isFirst = true;
          }
          now += seconds;
          await scene.goTo(now);
          const listings = pricesOnly ? repriced(rows, others) : others;
          for (const exchange of commits) {
            scene.market.commit(exchange, listings, now);
            const own = listings.filter((listing) => listing.exchange === exchange);
            rows = [
              ...rows.filter((row) => row.exchange !== exchange),
              ...own.map((listing) => ({ ...listing, observedAt: now })),
            ];
            okAt = now;
          }
          scene.market.okAt = okAt;
          const fit = rows.filter((row) => isTrusted(row, now) && row.id < INSTRUMENT_ID_BOUND);
          const before = trusted;
          trusted = fit
            .map(({ id }) => id)
            .toSorted()
            .join(" ");
          // The first observation of a collector includes everything stored.
          const isNews = isFirst || commits.length > 0 || trusted !== before;
          isFirst = false;
          const hasChecked = scene.tracker.check();
          expect(hasChecked).toBe(isNews);
          if (hasChecked) {
            oracle.check(now, rows, okAt);
            observations += 1;
          }
          if (scene.writes.length === written) continue;
          written = scene.writes.length;
          expect(scene.last()).toEqual(oracle.stored());
          pairs += oracle.open.size;
        }
      },
    ),
    { numRuns: 150 },
  );
  // It did not pass for lack of pairs.
  expect(observations).toBeGreaterThan(1_000);
  expect(pairs).toBeGreaterThan(1_000);
});
