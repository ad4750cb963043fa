import { describe, expect, test } from "bun:test";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { flagNames, isBlocked } from "../../src/domain/flags.ts";
import type { BoardRow, Snapshot } from "../../src/domain/market.ts";
import { type ExchangeLab, exchangeLab } from "../support/exchange-lab.ts";
import { partFor } from "../support/part-of-market.ts";
import { NOON_MS } from "../support/quote.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Off every settlement and its minute. */
const START_MS = NOON_MS + 17 * MINUTE_MS;
/** How long after the refresh the snapshot is made. */
const PUBLISH_MS = 5_000;

/** An unaffected exchange next to the one whose clock is wrong. */
const OTHER: ExchangeId = "bitfinex";

/** Some that stamp their rows, some that do not, and a continuous one. */
const EXCHANGES = [
  "binance",
  "okx",
  "kraken",
  "gate",
  "deribit",
  "phemex",
] as const satisfies readonly ExchangeId[];

/** Forwards and back: less and more than our clock tolerance, across settlements, across days. */
const STEPS_MS = [
  30_000,
  -30_000,
  10 * MINUTE_MS,
  -10 * MINUTE_MS,
  9 * HOUR_MS,
  -9 * HOUR_MS,
  72 * HOUR_MS,
  -72 * HOUR_MS,
] as const;

function rowsOf(snapshot: Snapshot, id: ExchangeId): readonly BoardRow[] {
  return snapshot.rows.filter(({ record }) => record.exchange === id);
}

const isNear = (left: number, right: number): boolean =>
  Math.abs(left - right) <= 1e-9 * Math.max(Math.abs(left), Math.abs(right));

/** A row that was not renewed for three periods is stale. */
const STALE_AFTER_MS = 3 * MINUTE_MS;

/** Problems of the rows that readers see of `id`, in words; `earlier` is what they saw before. */
function wrongs(lab: ExchangeLab, earlier: Snapshot, snapshot: Snapshot, id: ExchangeId): string[] {
  // Truth at the time of the request.
  lab.simulator.market.step(-PUBLISH_MS);
  const { instruments } = lab.simulator.market.truth(id);
  lab.simulator.market.step(PUBLISH_MS);
  const truth = new Map(instruments.map((row) => [row.exchange_symbol, row]));
  const seen = new Map(rowsOf(earlier, id).map(({ record }) => [record.exchangeSymbol, record]));
  return rowsOf(snapshot, id).flatMap(({ record, flags, nextFundingAtMs }) => {
    const found: string[] = [];
    const names = flagNames(flags);
    const name = `${record.exchangeSymbol} (${names.join(" ")})`;
    const before = seen.get(record.exchangeSymbol);
    const isOld = snapshot.asOfMs - record.observedAtMs > STALE_AFTER_MS;
    if (isOld && !names.includes("stale")) found.push(`${name}: old and not stale`);
    if (nextFundingAtMs !== null && nextFundingAtMs <= snapshot.asOfMs)
      found.push(`${name}: its next time is past`);
    if (record.observedAtMs > snapshot.asOfMs + MINUTE_MS) found.push(`${name}: observed later`);
    // A trusted row is true; a blocked one is marked itself.
    if (isBlocked(flags)) return found;
    const real = truth.get(record.exchangeSymbol);
    const isNew = before?.observedAtMs !== record.observedAtMs;
    const rate = isNew ? real?.funding_rate : before?.fundingRate;
    if (rate === undefined || !isNear(record.fundingRate, rate))
      found.push(`${name}: rate ${record.fundingRate}, true is ${rate}`);
    const hours = isNew ? real?.funding_interval_hours : before?.fundingIntervalHours;
    if (record.fundingIntervalHours !== hours)
      found.push(`${name}: interval ${record.fundingIntervalHours}, true is ${hours}`);
    return found;
  });
}

async function minuteLater(lab: ExchangeLab, id: ExchangeId): Promise<Snapshot> {
  await lab.clock.advance(MINUTE_MS);
  await lab.cycle(id);
  return lab.snapshot();
}

describe.each(EXCHANGES)("%s steps its clock", (id) => {
  test.each(STEPS_MS)(
    "by %p ms: no wrong number, no past next time, others are unaffected, and it recovers when it is right again",
    async (ms) => {
      using lab = exchangeLab([id, OTHER], START_MS, "off", partFor(id));
      const { market } = lab.simulator;
      await lab.cycle(id);
      await lab.cycle(OTHER);
      const first = await lab.snapshot();
      let shown = first;
      market.step(ms, id);
      // Longer than a timestamp may stay the same: it does move, it only shows another time.
      for (let minute = 0; minute < 7; minute += 1) {
        const next = await minuteLater(lab, id);
        expect(wrongs(lab, shown, next, id)).toEqual([]);
        shown = next;
      }
      expect((await lab.cycle(OTHER)).outcome).toMatchObject({ kind: "accepted" });
      expect(wrongs(lab, shown, await lab.snapshot(), OTHER)).toEqual([]);
      market.step(-ms, id);
      const after = await minuteLater(lab, id);
      expect(wrongs(lab, shown, after, id)).toEqual([]);
      const rows = rowsOf(after, id);
      expect(rows).toHaveLength(rowsOf(first, id).length);
      const stale = rows.filter(({ flags }) => /stale|expired/.test(flagNames(flags).join(" ")));
      expect(stale).toEqual([]);
    },
    30_000,
  );
});
