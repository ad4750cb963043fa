import { expect, test } from "bun:test";
import fc from "fast-check";
import { pricedHours } from "../../src/db/history/hour-prices.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import { MAX_PRICE_AGE_MS } from "../../src/domain/sample.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { HistoryInFolder, seriesOf } from "../support/history.ts";
import { HistoryWriter, readerOn } from "../support/history-db.ts";
import { NOON_MS } from "../support/quote.ts";
import { plainSample, samplingInto } from "../support/sampled-market.ts";

const NOON = NOON_MS / 1000;
const HOUR = 3600;
const MINUTE = 60;

const SERIES = seriesOf("BTC", {
  uid: "paradex:BTC:1",
  exchange: "paradex",
  exchangeSymbol: "BTC-USD-PERP",
  quote: "USD",
  accrual: "continuous",
  firstSeen: 0,
});

/** Samples with a mark price at these seconds; null: the price was unknown. */
function sampledAt(prices: ReadonlyMap<number, number | null>) {
  const file = new HistoryInFolder();
  const sampling = samplingInto(file.db);
  for (const [at, markPrice] of [...prices].toSorted(([one], [other]) => one - other)) {
    const sample = plainSample({ markPrice });
    const instrument = { series: SERIES, sample, flags: 0, assetId: "BTC" };
    expect(sampling.write("paradex", at, [instrument])).toBe("stored");
  }
  return file;
}

test("an accrued hour has the last price that was sampled by its end, unless that is too old", () => {
  // Prices are stored once a quarter of an hour: samples this far apart have one each.
  const quarters = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { maxLength: 15 });
  fc.assert(
    fc.property(
      quarters,
      fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 8 }),
      fc.integer({ min: 0, max: 14 * MINUTE }),
      (sampled, hours, offset) => {
        const prices = new Map(
          sampled.map((quarter) => [
            NOON + quarter * 15 * MINUTE + offset,
            quarter % 4 === 3 ? null : 100 + quarter,
          ]),
        );
        using file = sampledAt(prices);
        const accrued = hours
          .toSorted((one, other) => one - other)
          .map((hour) => ({
            hourEndMs: NOON_MS + hour * HOUR * 1000,
            amount: "1.5",
            unit: hour === 5 ? ("fraction" as const) : ("quote_per_unit" as const),
          }));
        const reader = new SampleReader(file.db);
        const priced = pricedHours(reader, { id: 1, exchange: "paradex" }, accrued);
        expect(priced).toEqual(
          accrued.map((hour) => {
            const known = [...prices].flatMap(([at, price]) => {
              const age = hour.hourEndMs - at * 1000;
              return price === null || age < 0 || age > MAX_PRICE_AGE_MS ? [] : [{ at, price }];
            });
            const newest = known.toSorted((one, other) => other.at - one.at)[0] ?? null;
            return {
              ...hour,
              markPrice: hour.unit === "fraction" ? null : (newest?.price ?? null),
            };
          }),
        );
      },
    ),
    { numRuns: 60 },
  );
});

/** Accrued 6.80005 dollars per BTC an hour at 68,000.50: 0.0001 of notional. Before the samples no price is known. */
function app() {
  const prices = new Map<number, number>();
  for (let at = NOON - 6 * HOUR; at <= NOON; at += 15 * MINUTE) prices.set(at, 68_000.5);
  const file = sampledAt(prices);
  const writer = new HistoryWriter(file.db);
  const id = writer.add(SERIES);
  for (let hour = NOON - 11 * HOUR; hour <= NOON; hour += HOUR)
    writer.accrue(id, hour, "6.80005", "quote_per_unit");
  writer.add(seriesOf("BTC", { uid: "okx:BTC:1", firstSeen: 0 }), [
    { slot: NOON - 16 * HOUR, rate: "0.0001" },
    { slot: NOON - 8 * HOUR, rate: "0.0001" },
    { slot: NOON, rate: "0.0001" },
  ]);
  const board = new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")], NOON_MS + 60_000));
  return { file, app: testApp(board, { history: readerOn(file.db) }) };
}

async function rowsOf(target: ReturnType<typeof app>, path: string) {
  const response = await target.app.get(path);
  if (response.status !== 200) throw new Error(`${path}: ${await response.text()}`);
  return (await response.json()) as {
    readonly total: number;
    readonly rows: readonly Readonly<Record<string, unknown>>[];
  } & Readonly<Record<string, unknown>>;
}

test("amounts per unit are fractions of notional wherever a price is known, everywhere the same", async () => {
  const scene = app();
  using _ = scene.file;
  const at = `from=${NOON - 6 * HOUR}&to=${NOON}`;
  const { rows } = await rowsOf(scene, "/api/funding/cumulative?range=1d&exchange=paradex");
  expect(rows).toMatchObject([
    // Seven hours have a price, from six hours before noon on; five have none.
    { sum_pct: 0.07, settlements: 7, unpriced_hours: 5, annualized_pct: 87.6, complete: false },
  ]);
  // The hours ending at six and seven in the morning; the others are in two more lengths of time.
  const buckets = await rowsOf(
    scene,
    "/api/funding/history/BTC?exchange=paradex&resolution=4h&limit=1",
  );
  expect(buckets).toMatchObject({ total: 3, rows: [{ settlements: 2, sum_pct: 0.02 }] });
  const line = await rowsOf(
    scene,
    `/api/funding/history/BTC?exchange=paradex&weighting=none&resolution=1h&${at}`,
  );
  expect(line.rows).toHaveLength(6);
  for (const row of line.rows) expect(row).toMatchObject({ rate_8h_pct: 0.08, instruments: 1 });
  const backtest = await rowsOf(
    scene,
    `/api/funding/backtest?long=paradex:BTC:1&short=okx:BTC:1&fees=all:0&notional=10000&gaps=allow&${at}`,
  );
  // Six hours of 1 dollar each, and one payment of 1 dollar.
  expect(backtest).toMatchObject({ result: "done", gross_usd: -5 });
});
