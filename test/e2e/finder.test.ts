import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startSimulator } from "../../src/simulator/server.ts";
import type { ArbList, ArbRow } from "../../src/http/lists/pair-schema.ts";
import type { ExchangeList } from "../../src/http/api/exchanges/schema.ts";
import { FINDER_PATHS, finderDifferences, type FinderLists } from "../support/finder-check.ts";
import { allShown, answerOf } from "../support/service-api.ts";
import {
  type ServiceProcess,
  startService,
  temporaryDatabasePath,
  until,
} from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";

/** Periodic and continuous, hourly to eight-hourly, prefixed symbols, assets listed more than once. */
const EXCHANGES = ["binance", "okx", "hyperliquid", "deribit"] as const;

/** The part of the market in which enough assets are on three exchanges. */
const SCALE = 0.35;

/** Assets that are compared; with fewer the market would be missing. */
const MIN_ASSETS = 50;

const ARB = "/api/funding/arb?limit=50";

/** The lists of one snapshot: they are requested until all show the same. */
async function listsOfOneSnapshot(origin: string): Promise<FinderLists> {
  let lists: FinderLists | null = null;
  await until(async () => {
    const answers = await Promise.all(
      Object.entries(FINDER_PATHS).map(async ([name, path]) => {
        const body = await answerOf<{ readonly snapshot: string }>(origin, path);
        return [name, body] as const;
      }),
    );
    if (new Set(answers.map(([, { snapshot }]) => snapshot)).size === 1)
      lists = Object.fromEntries(answers) as unknown as FinderLists;
    return lists !== null;
  });
  if (lists === null) throw new Error("no snapshot was shown by all");
  return lists;
}

/** A complete answer: the text is what a cache would store. */
interface Shown {
  readonly etag: string | null;
  readonly text: string;
  readonly list: ArbList;
}

async function shownBy(service: ServiceProcess): Promise<Shown | null> {
  const response = await fetch(service.origin + ARB);
  const text = await response.text();
  if (response.status !== 200) return null;
  return { etag: response.headers.get("etag"), text, list: JSON.parse(text) as ArbList };
}

function keyOf({ long, short }: ArbRow): string {
  return `${long.uid} ${short.uid}`;
}

/** Since when each pair has lasted, as far as known. */
function firstSeenOf({ rows }: ArbList): Map<string, number> {
  return new Map(
    rows.flatMap((row) =>
      row.first_seen_at === null ? [] : [[keyOf(row), row.first_seen_at] as const],
    ),
  );
}

/** Requests a list until it has ages and meets the caller's condition. */
async function agedList(
  service: ServiceProcess,
  isAwaited: (list: ArbList) => boolean,
): Promise<ArbList> {
  let found: ArbList | null = null;
  await until(
    async () => {
      const list = (await shownBy(service))?.list;
      if (list !== undefined && firstSeenOf(list).size > 0 && isAwaited(list)) found = list;
      return found !== null;
    },
    () => service.log(),
  );
  if (found === null) throw new Error("no such list was shown");
  return found;
}

/** Whether the second collector made a snapshot with a leg observed after `since`, unix seconds. */
function isCollectedAnew({ snapshot, fetched_at: fetchedAt, rows }: ArbList, since: number) {
  const legs = rows.flatMap(({ long, short }) => [long, short]);
  return (
    snapshot.startsWith("2-") &&
    legs.some(({ age_seconds: ageSeconds }) => fetchedAt - ageSeconds > since)
  );
}

/** Expects that pairs in both lists with ages started when `before` says. */
function expectKept(before: ArbList, after: ArbList): void {
  const known = firstSeenOf(before);
  const continued = [...firstSeenOf(after)].filter(([pair]) => known.has(pair));
  expect(continued.length).toBeGreaterThan(after.rows.length / 2);
  expect(continued).toEqual(continued.map(([pair]) => [pair, known.get(pair) ?? Number.NaN]));
}

interface Stage {
  /** The collecting one. */
  readonly first: ServiceProcess;
  readonly second: ServiceProcess;
  readonly settings: Readonly<Record<string, string>>;
}

describe("the finder of two processes on one database", () => {
  const stack = new AsyncDisposableStack();
  let stage: Stage | null = null;

  const staged = (): Stage => {
    if (stage === null) throw new Error("the stage was not set");
    return stage;
  };

  beforeAll(async () => {
    const database = stack.use(temporaryDatabasePath());
    const simulator = stack.adopt(
      startSimulator({ nowMs: () => Date.now(), scale: SCALE }),
      (one) => one.stop(),
    );
    const settings = {
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: EXCHANGES.join(","),
      REFRESH_SECONDS: "8",
    };
    // Both see the first commit, and publish at the same times from then on: most of their snapshots are equal.
    const both = await Promise.all([startService(settings), startService(settings)]);
    for (const service of both) stack.use(service);
    let first: ServiceProcess | undefined;
    await until(() => {
      first = both.find((service) => service.log().includes('"event":"collecting"'));
      return first !== undefined;
    });
    const second = both.find((service) => service !== first);
    if (first === undefined || second === undefined) throw new Error("no process collects");
    stage = { first, second, settings };
    await Promise.all(both.map(({ origin }) => allShown(origin, EXCHANGES)));
  }, LONG_MS);

  afterAll(() => stack.disposeAsync());

  test(
    "every figure follows from the rows of /api/funding/current and the fees of /api/exchanges",
    async () => {
      const { second } = staged();
      const lists = await listsOfOneSnapshot(second.origin);
      const { rows: exchanges } = await answerOf<ExchangeList>(second.origin, "/api/exchanges");
      const fees = new Map(exchanges.map((one) => [one.exchange, one.taker_fee_bps]));
      for (const { rows } of [lists.arb, lists.sentiment, lists.divergence, lists.heatmap])
        expect(rows.length).toBeGreaterThan(MIN_ASSETS);
      for (const { rows } of [lists.extremes, lists.byVolume, lists.calendar])
        expect(rows.length).toBeGreaterThan(MIN_ASSETS);
      expect(finderDifferences(lists, fees).slice(0, 10)).toEqual([]);
    },
    LONG_MS,
  );

  test(
    "both respond with the same bytes and ETag, including ages; after kill -9 of the collecting one the other continues with the same first_seen",
    async () => {
      const { first, second, settings } = staged();
      const byFirst = new Map<string, Shown>();
      let shared: ArbList | null = null;
      await until(
        async () => {
          const [left, right] = await Promise.all([shownBy(first), shownBy(second)]);
          if (left !== null) byFirst.set(left.list.snapshot, left);
          const other = right === null ? undefined : byFirst.get(right.list.snapshot);
          if (right === null || other === undefined) return false;
          expect(right.etag).toMatch(/^"[^"]+"$/);
          expect(right).toEqual(other);
          if (firstSeenOf(right.list).size > 0) shared = right.list;
          return shared !== null;
        },
        () => `${byFirst.size} snapshots, none shared by both that has ages`,
      );
      if (shared === null) throw new Error("nothing was shared");
      const before: ArbList = shared;

      first.kill("SIGKILL");
      await first.exited;
      const killedAt = Math.ceil(Date.now() / 1000);
      expectKept(before, await agedList(second, (list) => isCollectedAnew(list, killedAt)));

      // The next one continues with what the second has stored in turn.
      second.kill("SIGTERM");
      expect(await second.exited).toBe(0);
      await using third = await startService(settings);
      expectKept(before, await agedList(third, () => true));
    },
    LONG_MS,
  );
});
