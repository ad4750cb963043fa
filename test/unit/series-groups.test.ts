import { expect, test } from "bun:test";
import fc from "fast-check";
import { PastReader } from "../../src/db/history/past-reader.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import { groupsOf } from "../../src/lib/groups.ts";
import { atOnce } from "../../src/lib/stepwise.ts";
import { judgedPast, judgedPasts } from "../../src/reader/known-past.ts";
import { cumulativeTable } from "../../src/reader/tables.ts";
import { seriesOf } from "../support/history.ts";
import { historyInMemory, HistoryWriter } from "../support/history-db.ts";

const START = Date.UTC(2026, 2, 1) / 1000;
const HOUR = 3600;
const HOURS = 48;

const hours = fc.uniqueArray(fc.integer({ min: 0, max: HOURS }), { maxLength: 12 });
const anySeries = fc.record({
  isContinuous: fc.boolean(),
  hasHistory: fc.boolean(),
  hours,
  readFrom: fc.option(fc.integer({ min: 0, max: HOURS })),
});

test("several series are read at once exactly as one at a time, whatever their kinds and the range", () => {
  fc.assert(
    fc.property(
      fc.array(anySeries, { maxLength: 20 }),
      fc.integer({ min: 0, max: HOURS }),
      fc.integer({ min: 0, max: HOURS }),
      (all, from, length) => {
        const writer = new HistoryWriter(historyInMemory());
        for (const [nth, one] of all.entries()) {
          const exchange = one.hasHistory ? "okx" : "lbank";
          const accrual = one.isContinuous ? "continuous" : "periodic";
          const slots = one.hours.map((hour) => START + hour * HOUR);
          const series = seriesOf(`B${nth}`, { uid: `${exchange}:${nth}`, exchange, accrual });
          const paid = slots.map((slot) => ({ slot, rate: "-0.00010", hours: 1 }));
          const id = writer.add(series, one.isContinuous ? [] : paid);
          if (one.isContinuous)
            for (const slot of slots) writer.accrue(id, slot, "1e-7", "fraction");
          if (one.readFrom !== null)
            writer.backfilled(id, START + one.readFrom * HOUR, START + HOURS * HOUR, nth % 2 === 0);
        }
        const known = {
          past: new PastReader(writer.db),
          samples: new SampleReader(writer.db),
          withHistory: new Set(["okx"] as const),
        };
        const range = {
          fromMs: (START + from * HOUR) * 1000,
          toMs: (START + (from + length) * HOUR) * 1000,
        };
        const series = known.past.everySeries();
        expect(series.length).toBe(all.length);
        const read = judgedPasts(known, series, range, range.toMs);
        expect(read.map(({ past }) => past)).toEqual(
          series.map((one) => atOnce(judgedPast(known, one, range, range.toMs))),
        );
        expect(read.map(({ backfill }) => backfill)).toEqual(
          series.map(({ id }) => known.past.backfill(id)),
        );
        expect(
          known.past.groups.count(
            series.map(({ id }) => id),
            range,
          ),
        ).toBe(
          series.reduce((sum, one) => sum + known.past.count(one, range.fromMs, range.toMs), 0),
        );
      },
    ),
  );
});

test("a table of more series than are read at once has a row for each, in their order", () => {
  const writer = new HistoryWriter(historyInMemory());
  const count = 100;
  for (let nth = 0; nth < count; nth += 1)
    writer.add(seriesOf(`B${nth}`, { uid: `okx:${nth}`, firstSeen: START * 1000 }), [
      { slot: START + 8 * HOUR, rate: `0.0${100 + nth}1`, hours: 8 },
    ]);
  const known = {
    past: new PastReader(writer.db),
    samples: new SampleReader(writer.db),
    withHistory: new Set<"okx">(),
  };
  const filter = { names: null, exchanges: null, quotes: null, assetClasses: null };
  for (const days of [1, 90, 3_650]) {
    const asOfMs = (START + 9 * HOUR) * 1000;
    const range = { fromMs: asOfMs - days * 24 * HOUR * 1000, toMs: asOfMs + 1 };
    const answer = atOnce(cumulativeTable(known, { filter, range, asOfMs }));
    if (answer.kind !== "table") throw new Error("too wide");
    const { uid, sum } = answer.table.columns;
    if (uid.kind !== "text" || sum.kind !== "text") throw new Error("no texts");
    const textsOf = ({ texts, indexes }: typeof uid) => [...indexes].map((at) => texts[at]);
    expect(textsOf(uid)).toEqual(Array.from({ length: count }, (_, nth) => `okx:${nth}`));
    expect(textsOf(sum)).toEqual(Array.from({ length: count }, (_, nth) => `0.0${100 + nth}1`));
  }
});

test("groups have all items once, in their order", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 20 }), (items, size) => {
      const groups = groupsOf(items, size);
      expect(groups.flat()).toEqual(items);
      expect(groups.slice(0, -1).every((group) => group.length === size)).toBe(true);
      expect(groups.every(({ length }) => length > 0 && length <= size)).toBe(true);
    }),
  );
});
