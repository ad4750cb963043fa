import { expect, test } from "bun:test";
import type { Simulator } from "../../src/demo/server.ts";
import { startSimulator } from "../../src/demo/server.ts";
import type { ArbList } from "../../src/http/api/arb/schema.ts";
import type { FundingRow } from "../../src/http/api/funding/schema.ts";
import { EventReader } from "../support/event-stream.ts";
import { trustedByAsset, yearlyPct } from "../support/finder-recount.ts";
import { allShown, answerOf, ENABLED_IN_BULK, fundingAt } from "../support/service-api.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";
import { truthDifferences } from "../support/truth-differences.ts";
import { LONG_MS } from "../support/patience.ts";

/** Three times what all exchanges list today. */
const SCALE = 3.6;
const LEAST_ROWS = 50_000;

/** A start takes 20 s on two cores that others use as well; a machine ten times as busy is no failure. */
const PATIENCE_MS = 200_000;
/** Opportunities are stored once a minute, and each look at so many costs the service and the test work. */
const LOOK_EVERY_MS = 1_000;

/** Without an end; its own test reads the first event. */
const STREAM = "/api/funding/stream";

/** Lists that are rightly empty: no interval changes while the market stands still, and no age is an hour yet. */
const MAY_BE_EMPTY = new Set(["/api/intervals/changes", "/api/funding/divergence"]);

/** What some exchanges are asked for one by one, over minutes, and what changes at a full hour while this runs. */
const NOT_COMPARED = [
  "open_interest_usd",
  "funding_interval_hours",
  "next_funding_time",
  "predicted_rate",
  "settled_rate",
  "settled_at",
] as const;

interface Document {
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly get: {
          readonly parameters?: readonly {
            readonly name: string;
            readonly in: string;
            readonly schema: { readonly example?: unknown };
          }[];
        };
      }
    >
  >;
}

interface List {
  readonly count: number;
  readonly total: number;
  readonly rows: readonly unknown[];
}

/** Every address of the document, its path parameters at their examples, and the two pages. */
async function addresses(origin: string): Promise<readonly string[]> {
  const { paths } = await answerOf<Document>(origin, "/openapi.json");
  const filled = Object.entries(paths).map(([path, { get }]) =>
    (get.parameters ?? [])
      .filter((parameter) => parameter.in === "path")
      .reduce((text, { name, schema }) => text.replace(`{${name}}`, String(schema.example)), path),
  );
  return [...new Set([...filled, "/", "/docs", "/openapi.json"])].filter((path) => path !== STREAM);
}

/** How many pairs on two exchanges are at least 5 % a year apart. */
function countOpportunities(rows: readonly FundingRow[]): number {
  let found = 0;
  for (const listings of trustedByAsset(rows).values()) {
    const legs = listings.flatMap((row) => {
      const yearly = yearlyPct(row);
      return yearly === null ? [] : [{ exchange: row.exchange, yearly }];
    });
    for (const [index, left] of legs.entries()) {
      for (const right of legs.slice(index + 1)) {
        const isApart = Math.abs(left.yearly - right.yearly) >= 5;
        if (isApart && left.exchange !== right.exchange) found += 1;
      }
    }
  }
  return found;
}

async function gauge(origin: string, name: string): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  const line = text.split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.slice(name.length));
}

async function checkEndpoints(origin: string): Promise<void> {
  for (const path of await addresses(origin)) {
    const response = await fetch(origin + path);
    const text = await response.text();
    expect([path, response.status, text === ""]).toEqual([path, 200, false]);
    if (response.headers.get("content-type") !== "application/json") continue;
    const list = JSON.parse(text) as Partial<List>;
    if (list.rows === undefined) continue;
    const { count = -1, total = -1, rows } = list;
    expect([path, count]).toEqual([path, rows.length]);
    expect(total).toBeGreaterThanOrEqual(count);
    if (!MAY_BE_EMPTY.has(path)) expect([path, count > 0]).toEqual([path, true]);
  }
}

/** The whole list in every form, and as the stream begins. */
async function checkForms(origin: string, total: number): Promise<void> {
  for (const encoding of ["identity", "gzip", "br", "zstd"]) {
    for (const format of ["json", "csv", "ndjson"] as const) {
      const response = await fetch(`${origin}/api/funding/current?format=${format}`, {
        headers: { "accept-encoding": encoding },
      });
      const text = await response.text();
      const rows =
        format === "json"
          ? (JSON.parse(text) as List).rows.length
          : text.trimEnd().split("\n").length - (format === "csv" ? 1 : 0);
      expect([encoding, format, response.status, rows]).toEqual([encoding, format, 200, total]);
    }
  }
  const stream = new EventReader((await fetch(origin + STREAM)).body);
  const { name, data } = await stream.next();
  expect([name, data.rows.length]).toEqual(["reset", total]);
  await stream.close();
}

/** Every pair is followed, and every one that is shown has an age once they were stored. */
async function checkOpportunities(origin: string): Promise<void> {
  let [followed, expected] = [0, 0];
  let counted = "";
  await until(
    async () => {
      followed = await gauge(origin, "funding_opportunities");
      if ((await fundingAt(origin, "?limit=1")).snapshot !== counted) {
        const { snapshot, rows } = await fundingAt(origin);
        [counted, expected] = [snapshot, countOpportunities(rows)];
      }
      return followed === expected;
    },
    () => `${followed} are followed, ${expected} are there`,
    PATIENCE_MS,
  );
  expect(expected).toBeGreaterThan(10_000);
  expect(await gauge(origin, 'funding_opportunities_left_out{what="pairs"}')).toBe(0);
  expect(await gauge(origin, 'funding_opportunities_left_out{what="listings"}')).toBe(0);
  const shown = "/api/funding/arb?pairs=all&min_yield=5&min_volume=0&limit=2000";
  const pairs = async (): Promise<ArbList["rows"]> => (await answerOf<ArbList>(origin, shown)).rows;
  // Others come later, with the second list of an exchange, and are stored later.
  const first = new Set((await pairs()).map(nameOf));
  expect(first.size).toBeGreaterThan(1_000);
  let unaged: readonly unknown[] = [];
  await until(
    async () => {
      await Bun.sleep(LOOK_EVERY_MS);
      const known = (await pairs()).filter((row) => first.has(nameOf(row)));
      unaged = known.filter((row) => row.first_seen === null);
      return known.length > 0 && unaged.length === 0;
    },
    () => `without an age: ${JSON.stringify(unaged.slice(0, 3))}`,
    PATIENCE_MS,
  );
}

function nameOf({ long, short }: ArbList["rows"][number]): string {
  return `${long.uid} ${short.uid}`;
}

function trueRows({ market }: Simulator): number {
  return ENABLED_IN_BULK.reduce((sum, id) => sum + market.truth(id).instruments.length, 0);
}

test(
  `a market of ${LEAST_ROWS} listings is served whole: every endpoint answers, and nothing is left out`,
  async () => {
    using database = temporaryDatabasePath();
    using simulator = startSimulator({ nowMs: () => Date.now(), scale: SCALE });
    simulator.market.freeze();
    const total = trueRows(simulator);
    expect(total).toBeGreaterThan(LEAST_ROWS);
    await using service = await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: ENABLED_IN_BULK.join(","),
    });
    await allShown(service.origin, ENABLED_IN_BULK, { patienceMs: PATIENCE_MS });
    const list = await fundingAt(service.origin);
    expect([list.total, list.count, list.rows.length]).toEqual([total, total, total]);
    const served = Map.groupBy(list.rows, (row) => row.exchange);
    const wrong = ENABLED_IN_BULK.flatMap((id) =>
      truthDifferences(
        served.get(id) ?? [],
        simulator.market.truth(id).instruments,
        NOT_COMPARED,
      ).map((text) => `${id} ${text}`),
    );
    expect(wrong).toEqual([]);
    await checkEndpoints(service.origin);
    await checkForms(service.origin, total);
    await checkOpportunities(service.origin);
    for (const level of ["warn", "error"])
      expect(service.log().match(`.*"level":"${level}".*`)).toBeNull();
  },
  LONG_MS,
);
