import { describe, expect, test } from "bun:test";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import type { OpportunityBook } from "../../src/domain/opportunity.ts";
import { snapshotOf, rowOf, TestBoard } from "../support/board.ts";
import { appOf, type ListBody, LISTS, marketOf } from "../support/lists.ts";
import { NOON_MS } from "../support/quote.ts";
import { ADDRESSES } from "../support/served-queries.ts";

/** Compares the page's table with what the service does without the parameter; no default is read from the sources. */

/** More assets than any list has rows by default. */
const ASSETS = 560;
const EXCHANGES: readonly ExchangeId[] = ["okx", "bybit", "gate", "xt"];
/** Around each default of a minimum in dollars: below it, at it and above it. */
const USD = [0.9, 0.99, 1, 1.01, 4.5, 4.95, 5, 5.05, 0, null].map((of) => of && of * 1e6);
const AGES_SECONDS = [0, 1_780, 1_800, 1_820, 3_600];

const ROWS = [
  // One asset with more listings than any other list has rows by default.
  ...Array.from({ length: ASSETS }, (_, n) => rowOf("kucoin", "BTC", { quote: `Q${n}` })),
  ...Array.from({ length: ASSETS }, (_, n) =>
    // From two to four exchanges.
    EXCHANGES.slice(n % 3).map((exchange, place) =>
      rowOf(exchange, `A${n}`, {
        instrumentId: 4 * n + place,
        fundingRate: (place - 0.5 - (n % 7) / 10) / 2000,
        volume24hUsd: USD[n % USD.length] ?? null,
        openInterestUsd: USD[(n + place) % USD.length] ?? null,
        markPrice: 100 + (n % 3) * place,
        nextFundingAtMs: NOON_MS + (1 + (n % 479)) * 60_000,
      }),
    ),
  ),
].flat();

/** Pairs of different ages, each known; no pair of a fifth of the assets. */
const BOOK: OpportunityBook = {
  find: (longId) => {
    const age = AGES_SECONDS[Math.floor(longId / 4) % AGES_SECONDS.length] ?? 0;
    return age === 0
      ? null
      : {
          firstSeenMs: NOON_MS - age * 1000,
          lastSeenMs: NOON_MS,
          peakGrossPct: 10,
          unobservedMs: 0,
        };
  },
};

const APP = appOf(
  new TestBoard({
    ...marketOf(ROWS),
    opportunities: snapshotOf("1-1", [], NOON_MS, BOOK).opportunities,
  }),
);

interface TableRow {
  readonly template: string;
  readonly name: string;
  readonly fallback: string;
}

const TABLE: readonly TableRow[] = [
  ...(await (await APP.get("/docs/terms")).text()).matchAll(
    /<code>(\/api[^<]*)<\/code><\/th><td><code>(\w+)<\/code><\/td><td>([^<]*)<\/td>/g,
  ),
].map(([, template = "", name = "", fallback = ""]) => ({ template, name, fallback }));

const pathOf = (template: string) => template.replace("{base}", "BTC");

/** A list with everything that it could have, except what `name` excludes. */
async function answerOf(template: string, name: string, more = ""): Promise<Response> {
  const path = pathOf(template);
  const query = new URLSearchParams(LISTS.find((list) => list.path === path)?.query ?? "");
  query.delete(name);
  const response = await APP.get(`${path}?${query}&${more}`);
  if (response.status !== 200)
    throw new Error(`${path}?${query}&${more}: ${await response.text()}`);
  return response;
}

/** How many rows match. */
async function totalOf(row: TableRow, value: number | null): Promise<number> {
  const more = value === null ? "" : `${row.name}=${value}`;
  const response = await answerOf(row.template, row.name, more);
  return Number(response.headers.get("x-total-count"));
}

/** The documented range of a parameter. */
function rangeOf({ template, name }: TableRow): {
  readonly minimum: number;
  readonly maximum: number;
} {
  const address = ADDRESSES.find(({ path }) => path === pathOf(template));
  const schema = address?.parameters.find((one) => one.name === name)?.schema;
  return { minimum: schema?.minimum ?? 0, maximum: schema?.maximum ?? 0 };
}

test("the table has every limit, minimum and maximum of the document, once", () => {
  const documented = ADDRESSES.flatMap(({ path, parameters }) =>
    parameters
      .filter(({ name }) => /^(limit$|min_|max_)/.test(name))
      .map(({ name }) => `${path} ${name}`),
  );
  const listed = TABLE.map(({ template, name }) => `${pathOf(template)} ${name}`);
  expect(listed.length).toBeGreaterThan(40);
  expect(listed).toEqual(documented);
});

describe("without a limit as many rows are sent as the table states", () => {
  const limits = TABLE.filter(({ name }) => name === "limit");

  /** The longest side of a ranking that is limited by side, else the number of rows. */
  async function sentOf(template: string, more: string): Promise<number> {
    const { rows } = (await (await answerOf(template, "limit", more)).json()) as ListBody;
    const sides = Map.groupBy(rows, ({ side }) => side);
    return Math.max(...sides.values().map(({ length }) => length));
  }

  test.each(limits)("$template: $fallback", async (row) => {
    const { template, fallback } = row;
    const [, first = "", second, setting] =
      /^(\w+)(?:, or (\d+) with (\w+=\w+))?$/.exec(fallback) ?? [];
    const sent = await sentOf(template, "");
    const maximum = await sentOf(template, `limit=${rangeOf(row).maximum}`);
    expect(maximum).toBeGreaterThan(300);
    expect(sent === maximum ? "none" : String(sent)).toBe(first);
    if (setting !== undefined) expect(await sentOf(template, setting)).toBe(Number(second));
  });

  test("only the one of arb depends on another parameter", () => {
    expect(limits.filter(({ fallback }) => !/^(none|\d+)$/.test(fallback))).toEqual([
      { template: "/api/funding/arb", name: "limit", fallback: "100, or 10 with schedule=1" },
    ]);
  });
});

describe("what a minimum or maximum excludes by default is as in the table", () => {
  // A stream without any row sends nothing; test/api/parameters.test.ts compares its first event.
  const bounds = TABLE.filter(
    ({ template, name }) => name !== "limit" && !template.endsWith("/stream"),
  );

  test.each(bounds)("$template $name: $fallback", async (row) => {
    const { name, fallback } = row;
    const unset = await totalOf(row, null);
    const { minimum, maximum } = rangeOf(row);
    const [loosest, strictest] = name.startsWith("max_") ? [maximum, minimum] : [minimum, maximum];
    expect(unset).toBeGreaterThan(await totalOf(row, strictest));
    if (fallback === "none") {
      expect(unset).toBeGreaterThanOrEqual(await totalOf(row, loosest));
      return;
    }
    const value = Number(fallback);
    expect(unset).toBe(await totalOf(row, value));
    if (value <= 1) expect(unset).toBe(await totalOf(row, loosest));
    // Rows on both sides of it, so close that no other default would give as many.
    const step = value < 10 ? 1 : value / 100;
    if (value > 1) expect(await totalOf(row, value - step)).toBeGreaterThan(unset);
    if (value > 1) expect(await totalOf(row, value + step)).toBeLessThan(unset);
  });
});
