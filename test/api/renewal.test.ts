import { expect, test } from "bun:test";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import type { AnswerLoadStats } from "../../src/http/metrics/answers.ts";
import { Renewal } from "../../src/http/answers/renewal.ts";
import { createMetrics } from "../../src/http/metrics/metrics.ts";
import { ServedBoard } from "../../src/services/board/served-board.ts";
import { yieldToEventLoop } from "../../src/lib/event-loop.ts";
import { healthOf, noStreams, testApp, type TestApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { until } from "../support/service.ts";

const rows = EXCHANGE_IDS.flatMap((exchange) =>
  ["BTC", "ETH", "SOL"].map((base) => rowOf(exchange, base)),
);
const LIST = "/api/funding/current";
const SENTIMENT = "/api/funding/sentiment?min_exchanges=3";
/** Requested first after a publish: any answer of the new snapshot discards the old ones. */
const FIRST = "/api/exchanges?format=ndjson";
const WANTED: readonly (readonly [target: string, encoding: string])[] = [
  [LIST, "gzip"],
  [LIST, "zstd"],
  [SENTIMENT, "gzip"],
];
/** The id of a snapshot changes the size of a compressed answer by less, and the smallest answer is larger. */
const ID_BYTES = 64;
/** Many times the event loop turns that building an answer takes. */
const TURNS = 200;

/** A cached answer is returned synchronously; one that has to be built and compressed is awaited. */
function isCached(app: TestApp, target: string, encoding: string): boolean {
  const headers = { "accept-encoding": encoding };
  return app.fetch(new Request(`http://finder.test${target}`, { headers })) instanceof Response;
}

/** An application whose answers of interest were requested. */
async function scene() {
  const board = new TestBoard(snapshotOf("1-1", rows));
  const clock = new ManualClock();
  let load: () => AnswerLoadStats = () => ({
    inFlightBytes: 0,
    cachedBytes: 0,
    making: 0,
    waiting: 0,
  });
  const metrics = {
    ...createMetrics({ board, clock, health: () => healthOf(board), streams: noStreams }),
    watchAnswers: (read: typeof load) => void (load = read),
  };
  const app = testApp(board, { clock, metrics });
  for (const [target, encoding] of WANTED)
    await (await app.get(target, { "accept-encoding": encoding })).arrayBuffer();
  const wantedBytes = load().cachedBytes;
  await (await app.get(FIRST)).arrayBuffer();
  const firstBytes = load().cachedBytes - wantedBytes;
  /** How many bytes of the answers of interest are still to be built for a new snapshot. */
  const missingOf = async (id: string): Promise<() => number> => {
    board.publish(snapshotOf(id, rows));
    await (await app.get(FIRST)).arrayBuffer();
    return () => wantedBytes + firstBytes - load().cachedBytes;
  };
  const cachedBytes = (): number => load().cachedBytes;
  return { app, board, clock, wantedBytes, missingOf, cachedBytes };
}

test("answers requested within a minute are rebuilt for the next snapshot, in each encoding", async () => {
  const { app, missingOf } = await scene();
  const missing = await missingOf("1-2");
  await until(() => missing() < ID_BYTES);
  expect(WANTED.map(([target, encoding]) => isCached(app, target, encoding))).toEqual([
    true,
    true,
    true,
  ]);
  expect(((await (await app.get(LIST)).json()) as { snapshot: string }).snapshot).toBe("1-2");
});

test("rebuilding does not count as a request: after a minute nothing is rebuilt any more", async () => {
  const { app, clock, wantedBytes, missingOf } = await scene();
  const first = await missingOf("1-2");
  await until(() => first() < ID_BYTES);
  await clock.advance(60_001);
  const second = await missingOf("1-3");
  for (let turn = 0; turn < TURNS; turn += 1) await yieldToEventLoop();
  expect(second()).toBeGreaterThan(wantedBytes - ID_BYTES);
  expect(isCached(app, LIST, "gzip")).toBe(false);
});

test("the answers of a replaced snapshot are discarded, even if nothing new is requested", async () => {
  const { board, clock, wantedBytes, cachedBytes } = await scene();
  await clock.advance(60_001);
  expect(cachedBytes()).toBeGreaterThanOrEqual(wantedBytes);
  board.publish(snapshotOf("1-2", rows));
  expect(cachedBytes()).toBe(0);
});

/** The snapshots that these answers are of. */
async function snapshotsOf(app: TestApp, targets: readonly string[]): Promise<unknown[]> {
  const answers = targets.map(async (target) => (await app.get(target)).json());
  return (await Promise.all(answers)).map((body) => (body as { snapshot: unknown }).snapshot);
}

/** A list that was not requested before. */
const COLD = "/api/funding/extremes?limit=1";

test("a snapshot is served once the answers of the last minute are built: no request waits for one", async () => {
  const clock = new ManualClock();
  const board = new TestBoard(snapshotOf("1-1", rows));
  const served = new ServedBoard(board, clock);
  const others = Promise.withResolvers<void>();
  served.prepareWith(() => others.promise);
  const app = testApp(board, { clock, board: served });
  for (const [target, encoding] of WANTED)
    await (await app.get(target, { "accept-encoding": encoding })).arrayBuffer();
  const wanted = () => WANTED.map(([target, encoding]) => isCached(app, target, encoding));
  const keptWhenServed: boolean[][] = [];
  served.onPublish(() => keptWhenServed.push(wanted()));
  board.publish(snapshotOf("1-2", rows));
  // Meanwhile everything is answered from the previous one, cached answers as well as new ones.
  expect(wanted()).toEqual([true, true, true]);
  expect(await snapshotsOf(app, [LIST, SENTIMENT, COLD, "/api/exchanges"])).toEqual(
    Array.from({ length: 4 }, () => "1-1"),
  );
  others.resolve();
  await until(() => keptWhenServed.length > 0);
  expect(keptWhenServed).toEqual([[true, true, true]]);
  expect(await snapshotsOf(app, [LIST, SENTIMENT, COLD, "/api/exchanges"])).toEqual(
    Array.from({ length: 4 }, () => "1-2"),
  );
});

test("building answers counts as background work, whether on request or ahead of time", async () => {
  const board = new TestBoard(snapshotOf("1-1", rows));
  const app = testApp(board);
  const steps = async (): Promise<number> => {
    const text = await (await app.get("/metrics")).text();
    const [, count] =
      /^background_step_duration_seconds_count\{work="answers"\} (\d+)$/m.exec(text) ?? [];
    return Number(count ?? 0);
  };
  expect(await steps()).toBe(0);
  await (await app.get(LIST, { "accept-encoding": "gzip" })).arrayBuffer();
  const onRequest = await steps();
  expect(onRequest).toBeGreaterThan(0);
  board.publish(snapshotOf("1-2", rows));
  await until(async () => (await steps()) > onRequest);
});

test("an answer that continues from a snapshot is not renewed: its clients will name another one", async () => {
  const made: string[] = [];
  const renewal = new Renewal({
    clock: new ManualClock(),
    make: async ({ address }) => void made.push(address.target),
  });
  const queries = [
    "since=1-1",
    "base=BTC&since=1-1",
    "limit=9&cursor=abc",
    "base=since",
    "limit=9",
  ];
  for (const query of queries) {
    const address = { target: `${LIST}?${query}`, path: LIST, query };
    renewal.record({ address, accepts: "json", encoding: "gzip" });
  }
  await renewal.renew(snapshotOf("1-2", rows));
  expect(made).toEqual([`${LIST}?limit=9`, `${LIST}?base=since`]);
});

test("a list of changes is not built ahead for the next snapshot, the whole list is", async () => {
  const clock = new ManualClock();
  const board = new TestBoard(snapshotOf("1-1", rows));
  const served = new ServedBoard(board, clock);
  const app = testApp(board, { clock, board: served });
  // Requested last, it would be built first.
  const targets = [LIST, `${LIST}?since=1-1`];
  for (const target of targets)
    await (await app.get(target, { "accept-encoding": "gzip" })).arrayBuffer();
  board.publish(snapshotOf("1-2", rows));
  await until(() => served.current()?.id === "1-2");
  expect(targets.map((target) => isCached(app, target, "gzip"))).toEqual([true, false]);
});

test("nothing is built ahead while the service is ending: its databases are about to close", async () => {
  const ending = new AbortController();
  const made: string[] = [];
  const renewal = new Renewal({
    clock: new ManualClock(),
    until: ending.signal,
    make: ({ address }) => {
      made.push(address.target);
      // The signal comes while the first answer is built.
      ending.abort();
      return Promise.resolve();
    },
  });
  for (const target of ["/a", "/b", "/c"])
    renewal.record({
      address: { target, path: target, query: "" },
      accepts: "json",
      encoding: "gzip",
    });
  await renewal.renew(snapshotOf("1-2", rows));
  expect(made).toEqual(["/c"]);
});
