import { describe, expect, test } from "bun:test";
import { BoardStore } from "../../src/db/history/board-store.ts";
import { PairFrameReader } from "../../src/db/history/pair-frame-repository.ts";
import { PastReader } from "../../src/db/history/past-reader.ts";
import { SampleReader } from "../../src/db/history/sample-reader.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { answerTo, type Known } from "../../src/reader/answers.ts";
import type { Question } from "../../src/reader/protocol.ts";
import type { HistoryReader } from "../../src/services/history/history-reader.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { seriesOf } from "../support/history.ts";
import { historyInMemory, HistoryWriter, type Paid, readerOn } from "../support/history-db.ts";
import { nextOf } from "../support/lists.ts";
import { NOON_MS } from "../support/quote.ts";

const NOON = NOON_MS / 1000;
const HOUR = 3600;
const DAY = 24 * HOUR;
const THREE = ["okx", "bybit", "gate"] as const satisfies readonly ExchangeId[];

/** Payments every eight hours of some days before noon, noon included. */
function everyEight(days: number, holes: readonly number[] = []): Paid[] {
  return Array.from({ length: days * 3 + 1 }, (_, n) => n * 8)
    .filter((hoursAgo) => !holes.includes(hoursAgo))
    .toReversed()
    .map((hoursAgo) => ({ slot: NOON - hoursAgo * HOUR, rate: "0.00010000" }));
}

function described(exchange: ExchangeId, more: { readonly listedAt?: number } = {}) {
  const firstSeen = NOON_MS - HOUR * 1000;
  const names = { uid: `${exchange}:BTCUSDT:1`, exchange, exchangeSymbol: "BTCUSDT" };
  return seriesOf("BTC", { ...names, firstSeen, ...more });
}

function historyOfThree() {
  const db = historyInMemory();
  const writer = new HistoryWriter(db);
  for (const exchange of THREE) {
    const id = writer.add(described(exchange), everyEight(10));
    writer.backfilled(id, NOON - 10 * DAY, NOON, true);
  }
  db.run(
    "INSERT INTO series_events (series_id, kind, at, value) SELECT id, 'asset_id', 1000, 'BTC' FROM series",
  );
  return db;
}

const rows = [rowOf("okx", "BTC"), rowOf("bybit", "BTC")];
const boardAt = (asOfMs = NOON_MS) => new TestBoard(snapshotOf("1-1", rows, asOfMs));

describe("a cursor from the future", () => {
  /** The cursor of a page with another number at `place`. */
  function forged(next: string, place: number, value: string): string {
    const url = new URL(next, "http://finder.test");
    const text = Buffer.from(url.searchParams.get("cursor") ?? "", "base64url").toString();
    const parts = text.split("~");
    parts[place] = value;
    url.searchParams.set("cursor", Buffer.from(parts.join("~")).toString("base64url"));
    return url.pathname + url.search;
  }

  test.each([
    "/api/funding/history/BTC?limit=1",
    "/api/funding/history/BTC?weighting=none&limit=1",
    "/api/funding/cumulative?limit=1",
    "/api/quality/gaps?exchange=okx,bybit,gate&limit=1",
  ])("of %s is none that was issued", async (path) => {
    const app = testApp(boardAt(), { history: readerOn(historyOfThree()) });
    const next = nextOf(await app.get(path));
    if (next === null) throw new Error("one page");
    expect((await app.get(next)).status).toBe(200);
    for (const value of ["999999999999999", "99999999999"]) {
      const response = await app.get(forged(next, 3, value));
      expect([response.status, await response.json()]).toMatchObject([400, { code: "bad_cursor" }]);
    }
  });
});

test("slow questions about the past delay no other answers, and those of one client not all of the past", async () => {
  const reader = readerOn(historyOfThree());
  const pending: (() => void)[] = [];
  const history: HistoryReader = {
    ask: async (kind, query, signal) => {
      if (kind === "persistence") await new Promise<void>((resolve) => pending.push(resolve));
      return reader.ask(kind, query, signal);
    },
  };
  const app = testApp(boardAt(), { history });
  const slow = [1, 2, 3].map((days) => app.get(`/api/funding/persistence?days=${days}`));
  while (pending.length < 2) await Bun.sleep(1);
  expect((await app.get("/api/funding/current?limit=1")).status).toBe(200);
  expect((await app.get("/api/funding/arb?limit=1&hold_hours=7")).status).toBe(200);
  // The third of the same client waits.
  expect(pending).toHaveLength(2);
  for (let released = 0; released < 3; released += 1) {
    while (pending.length <= released) await Bun.sleep(1);
    pending[released]?.();
  }
  for (const response of await Promise.all(slow)) expect(response.status).toBe(200);
});

test.each(["settled", "line"] as const)(
  "a payment that is stored between two steps of a question (%s) changes no other one",
  (kind) => {
    const db = historyOfThree();
    const known: Known = {
      past: new PastReader(db),
      samples: new SampleReader(db),
      boards: new BoardStore(db),
      frames: new PairFrameReader(db),
      withHistory: new Set(["okx"]),
    };
    const query = {
      filter: {
        exchanges: null,
        quotes: null,
        assetClasses: null,
        names: { bases: ["BTC"], exceptUids: [], uids: [] },
      },
      range: { fromMs: NOON_MS - 2 * DAY * 1000, toMs: NOON_MS },
      asOfMs: NOON_MS,
      limit: 1_000,
      after: null,
      total: null,
    };
    const question: Question =
      kind === "settled"
        ? { kind, query }
        : {
            kind,
            query: { ...query, kind: "settled", resolution: "1h", weighting: "none", asked: "BTC" },
          };
    const slot = NOON - 30 * HOUR;
    /** The answer if the payment is stored after so many steps; null: after the last one. */
    const answeredWith = (at: number) => {
      const work = answerTo(known, question);
      let steps = 0;
      let step = work.next();
      for (; step.done !== true; step = work.next()) {
        steps += 1;
        if (steps === at)
          db.run("INSERT INTO settlements VALUES (1, ?, 0, '0.0001', NULL, NULL, 0, NULL)", [slot]);
      }
      db.run("DELETE FROM settlements WHERE series_id = 1 AND slot = ?", [slot]);
      return { steps, answer: step.value };
    };
    const { steps } = answeredWith(-1);
    expect(steps).toBeGreaterThan(5);
    for (let at = 1; at <= steps; at += 1) {
      const { answer } = answeredWith(at);
      if (!("points" in answer)) continue;
      const { slotMs, intervalHours } = answer.points;
      slotMs.forEach((ms, row) => {
        if (ms !== slot * 1000) expect(intervalHours[row]).toBeGreaterThan(0);
      });
    }
  },
);

test("a past of which more is to be read is not complete, in history as in all others", async () => {
  const db = historyInMemory();
  const writer = new HistoryWriter(db);
  const id = writer.add(described("okx"), everyEight(2));
  writer.backfilled(id, NOON - 2 * DAY, NOON, false);
  const app = testApp(boardAt(), { history: readerOn(db, ["okx"]) });
  const bodyOf = async (path: string) => (await (await app.get(path)).json()) as object;
  const lacking = [{ state: "being_backfilled" }];
  for (const path of ["/api/funding/history/BTC", "/api/funding/history/BTC?resolution=1d"])
    expect(await bodyOf(path)).toMatchObject({ complete: false, series: [{ lacking }] });
  const { rows: sums } = (await bodyOf("/api/funding/cumulative?range=7d")) as {
    rows: readonly object[];
  };
  expect(sums).toMatchObject([{ complete: false }]);
});

test("a page of sums is judged for its part of the range alone, whatever its size", async () => {
  const db = historyInMemory();
  const writer = new HistoryWriter(db);
  const listedAt = NOON_MS - 40 * DAY * 1000;
  for (const exchange of ["okx", "bybit"] as const) {
    // A hole in the morning before the range.
    const id = writer.add(described(exchange, { listedAt }), everyEight(10, [72]));
    writer.backfilled(id, NOON - 40 * DAY, NOON, true);
  }
  const app = testApp(boardAt(), { history: readerOn(db, ["okx", "bybit"]) });
  const from = NOON - 71 * HOUR;
  const path = `/api/funding/history/BTC?resolution=1d&from=${from}`;
  const whole = (await (await app.get(path)).json()) as object;
  expect(whole).toMatchObject({ complete: true, from_at: from });
  for (let at: string | null = `${path}&limit=1`; at !== null;) {
    const response: Response = await app.get(at);
    const page = (await response.json()) as { from_at: number; complete: boolean };
    expect(page.from_at).toBeGreaterThanOrEqual(from);
    expect(page.complete).toBe(true);
    at = nextOf(response);
  }
});

test("a change of the interval where two blocks that are judged meet is no hole", async () => {
  // Blocks of eight days begin at a midnight, here 180 hours before noon: four-hourly before it, eight-hourly after.
  const border = NOON - 180 * HOUR;
  const db = historyInMemory();
  const writer = new HistoryWriter(db);
  const slots = [
    ...Array.from({ length: 48 }, (_, n) => border - (48 - n) * 4 * HOUR),
    ...Array.from({ length: 23 }, (_, n) => border + n * 8 * HOUR),
  ];
  const listedAt = (border - 193 * HOUR) * 1000;
  const id = writer.add(
    described("okx", { listedAt }),
    slots.map((slot) => ({ slot, rate: "0.0001" })),
  );
  writer.backfilled(id, border - 193 * HOUR, NOON, true);
  const app = testApp(boardAt(), { history: readerOn(db, ["okx"]) });
  for (const to of [border, border + 1, border + 8 * HOUR, border + 24 * HOUR]) {
    const path = `/api/funding/history/BTC?from=${border - 48 * HOUR}&to=${to}`;
    expect(await (await app.get(path)).json()).toMatchObject({ complete: true });
  }
});
