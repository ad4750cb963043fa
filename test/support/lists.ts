import { expect } from "bun:test";
import fc from "fast-check";
import Papa from "papaparse";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { flagBit } from "../../src/domain/flags.ts";
import type { BoardRow, Snapshot } from "../../src/domain/market.ts";
import { roundPct } from "../../src/domain/percent.ts";
import type { AppDeps } from "../../src/http/app.ts";
import { eventPage, NO_EVENT } from "../../src/lib/event-log.ts";
import type { AssetIntervalChange } from "../../src/services/finder/interval-changes.ts";
import { testApp, type TestApp } from "./app.ts";
import { allCollected, rowOf, snapshotOf, type TestBoard, withStatuses } from "./board.ts";
import { plainDocument } from "./plain-document.ts";
import { NOON_MS } from "./quote.ts";
import { ONE_OF, REQUIRED_VALUES } from "./served-queries.ts";

/** Every list of the API, found in the served document, and generated markets to fill them. */

const HOUR_MS = 3_600_000;

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: { readonly minimum?: number; readonly default?: unknown };
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, unknown>> }>
  >;
}

export interface List {
  /** With a value for each name in the path. */
  readonly path: string;
  /** Lowers every minimum as far as possible: defaults would exclude rows. Begins with a question mark. */
  readonly query: string;
  readonly hasCursor: boolean;
  /** Whether it answers without a parameter. */
  readonly isPlain: boolean;
}

export interface ListBody {
  readonly snapshot: string;
  readonly count: number;
  readonly total: number;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly next_cursor: string | null;
}

/** Values for the names in a path. */
const PATH_VALUES: Readonly<Record<string, string>> = { base: "BTC" };

function requiredOnes(...names: readonly string[]): [string, string][] {
  return names.map((name) => [name, REQUIRED_VALUES[name] ?? ""]);
}

/** Requests more rows than the default, including those with unknown numbers. */
const MORE: Readonly<Record<string, readonly [string, string][]>> = {
  "/api/funding/arb": [
    ["decision", "usable,watch,refuse"],
    ["pairs", "all"],
  ],
  "/api/funding/backtest": [...requiredOnes("long", "short"), ["gaps", "allow"]],
  "/api/funding/forecast-error": [["exchange", EXCHANGE_IDS.join(",")]],
  // By instrument instead of by exchange.
  "/api/quality/gaps": [["exchange", EXCHANGE_IDS.join(",")]],
  "/api/funding/position": requiredOnes("uid", "side"),
};

/** Everything that a list of these markets has, on one page. */
export const MANY = 5_000;

/** Every list of the served document: whatever is available as CSV. */
export const LISTS: readonly List[] = listsOf(JSON.parse(await plainDocument()));

function listsOf(document: {
  readonly paths: Readonly<Record<string, { readonly get?: Operation }>>;
}) {
  return Object.entries(document.paths).flatMap(([template, { get }]): List[] => {
    if (get?.responses["200"]?.content?.["text/csv"] === undefined) return [];
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => valueOf(name, template));
    const parameters = get.parameters ?? [];
    // Those without a default exclude nothing until they are set.
    const minimums = parameters.flatMap(({ name, schema }): [string, string][] =>
      name.startsWith("min_") && schema.minimum !== undefined && schema.default !== undefined
        ? [[name, String(schema.minimum)]]
        : [],
    );
    const query = `?${new URLSearchParams([...minimums, ...(MORE[path] ?? [])])}`;
    const hasCursor = parameters.some(({ name }) => name === "cursor");
    const isPlain =
      !(path in ONE_OF) &&
      !parameters.some((parameter) => parameter.in === "query" && parameter.required);
    return [{ path, query, hasCursor, isPlain }];
  });
}

function valueOf(name: string, template: string): string {
  const value = PATH_VALUES[name];
  if (value === undefined) throw new Error(`PATH_VALUES lacks ${name} of ${template}`);
  return value;
}

/** Names that would confuse a spreadsheet or a careless writer of CSV. */
const ODD_SYMBOLS = [
  "=cmd|' /C calc'!A0",
  "-1+1",
  "+BTC",
  "@SUM(1)",
  '"quoted", and\r\nbroken',
  "=1\n2",
  "\n=1",
  "＝1",
  "币安人生",
];

const listing = fc.record({
  exchange: fc.constantFrom(...EXCHANGE_IDS.slice(0, 9)),
  base: fc.constantFrom("BTC", "ETH", "PEPE", "币安人生", "=1+1", "-X"),
  quote: fc.constantFrom("USDT", "USDC"),
  odd: fc.option(fc.constantFrom(...ODD_SYMBOLS)),
  rate: fc.oneof(
    fc.constantFrom(-0.000012345, 1e-9, 0),
    fc.double({ min: -0.02, max: 0.02, noNaN: true }),
  ),
  interval: fc.constantFrom(1, 4, 8, 8, null),
  volume: fc.option(fc.double({ min: 0, max: 1e10, noNaN: true })),
  openInterest: fc.option(fc.double({ min: 0, max: 1e10, noNaN: true })),
  settled: fc.option(fc.double({ min: -0.02, max: 0.02, noNaN: true })),
  settled7d: fc.option(fc.double({ min: -200, max: 200, noNaN: true }).map(roundPct)),
  price: fc.double({ min: 99, max: 101, noNaN: true }),
  ahead: fc.constantFrom(1, 4, null),
  flags: fc.constantFrom(0, 0, 0, flagBit("stale"), flagBit("thin") | flagBit("pinned_cap")),
});

/** JSON has no negative zero. */
const plain = <Value extends number | null>(value: Value) => (value === 0 ? 0 : value);

/** The `short` of REQUIRED_VALUES. */
export const OTHER_LEG = rowOf("xt", "BTC", { quote: "USDC", fundingRate: 0.0002 });

export const market = fc
  .uniqueArray(listing, {
    minLength: 8,
    maxLength: 40,
    selector: ({ exchange, base, quote }) => `${exchange} ${base} ${quote}`,
  })
  .map((listings): readonly BoardRow[] => [
    // One asset always exists, with two instruments: lists of one asset or of a pair are requested for it.
    rowOf("xt", "BTC", { fundingRate: -0.00031 }),
    OTHER_LEG,
    ...listings.map((one, place) =>
      rowOf(
        one.exchange,
        one.base,
        {
          quote: one.quote,
          exchangeSymbol: one.odd === null ? `${one.base}${one.quote}` : `${one.odd}${place}`,
          fundingRate: plain(one.rate),
          fundingIntervalHours: one.interval,
          volume24hUsd: plain(one.volume),
          openInterestUsd: plain(one.openInterest),
          settledRate: plain(one.settled),
          settledAtMs: one.settled === null ? null : NOON_MS - HOUR_MS,
          settled7dAprPct: plain(one.settled7d),
          predictedRate: plain(one.rate) * -0.5 || null,
          markPrice: one.price,
          indexPrice: one.price,
          nextFundingAtMs: one.ahead === null ? null : NOON_MS + one.ahead * HOUR_MS,
        },
        one.flags,
      ),
    ),
  ]);

/** Changes of intervals as a database would have them: one for each row of the first snapshot that is requested. */
function oneChangeEach(): AppDeps["intervalChanges"] {
  let stored: readonly AssetIntervalChange[] | null = null;
  const changesOf = ({ rows }: Snapshot) =>
    (stored ??= rows.map(({ record }, place) => ({
      ...record,
      id: rows.length - place,
      fromHours: 8,
      toHours: 4,
      changedAtMs: NOON_MS - place * HOUR_MS,
    })));
  const placeOf = ({ changedAtMs, id }: AssetIntervalChange) => ({ atMs: changedAtMs, id });
  return {
    newest: (snapshot) => changesOf(snapshot).map(placeOf)[0] ?? NO_EVENT,
    has: () => true,
    page: (snapshot, _query, part) => eventPage(changesOf(snapshot), placeOf, part),
  };
}

/** An exchange's own wording reaches a cell, too; one exchange is missing and has rows left. */
export function marketOf(rows: readonly BoardRow[], id = "1-1"): Snapshot {
  const snapshot = withStatuses(allCollected(snapshotOf(id, rows)), { xt: "down" });
  const failure = "=1+1\nfrom elsewhere";
  return {
    ...snapshot,
    exchanges: snapshot.exchanges.map((view) => ({
      ...view,
      state: { ...view.state, failure, rejects: { bad_rate: 2 } },
    })),
  };
}

export const appOf = (board: TestBoard) => testApp(board, { intervalChanges: oneChangeEach() });

export async function bodyOf(app: TestApp, target: string): Promise<ListBody> {
  const response = await app.get(target);
  if (response.status !== 200) throw new Error(`${target}: ${await response.text()}`);
  return (await response.json()) as ListBody;
}

/** Cells as another program reads them, the header line first. */
export function cellsOf(csv: string): string[][] {
  const { data, errors } = Papa.parse<string[]>(csv, { newline: "\r\n", delimiter: "," });
  expect(errors).toEqual([]);
  // The last line ends like all others.
  expect(data.pop()).toEqual([""]);
  return data;
}

/** `rel="next"` of a Link header, null without one. */
export function nextOf(response: Response): string | null {
  return /^<(\/[^>]+)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1] ?? null;
}
