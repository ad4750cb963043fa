import { describe, expect, test } from "bun:test";
import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/lib/clock.ts";
import {
  ReaderClient,
  type ReaderHandle,
  startReaderThread,
} from "../../src/reader/reader-client.ts";
import type { PointsQuery } from "../../src/services/history/history-query.ts";
import { HistoryUnavailable } from "../../src/services/history/history-reader.ts";
import { HistoryInFolder, seriesOf } from "../support/history.ts";
import { HistoryWriter } from "../support/history-db.ts";
import { memoryLog } from "../support/memory-log.ts";
import { PATIENCE_MS } from "../support/patience.ts";

const START = Date.UTC(2026, 2, 1) / 1000;
const HOUR = 3600;
const STAYS = new AbortController().signal;

const ALL: PointsQuery = {
  filter: { names: null, exchanges: null, quotes: null, assetClasses: null },
  range: { fromMs: START * 1000, toMs: (START + 366 * 24 * HOUR) * 1000 },
  asOfMs: (START + 366 * 24 * HOUR) * 1000,
  limit: 10_000,
  after: null,
  total: null,
};

/** A client with the real thread on a history file. */
function reading(folder: string) {
  const handles: ReaderHandle[] = [];
  const log = memoryLog();
  const client = new ReaderClient({
    settings: { databasePath: join(folder, "test.db"), withHistory: ["okx"] },
    startReader: (on) => {
      const handle = startReaderThread(on);
      handles.push(handle);
      return handle;
    },
    clock: systemClock,
    log,
  });
  const ask = async (query: Partial<PointsQuery> = {}): Promise<string | number> => {
    try {
      return (await client.ask("settled", { ...ALL, ...query }, STAYS)).count;
    } catch (error) {
      return error instanceof HistoryUnavailable ? error.kind : String(error);
    }
  };
  return { client, handles, log, ask, [Symbol.dispose]: () => client.close() };
}

function pay(history: HistoryInFolder, base: string, count: number): void {
  const paid = Array.from({ length: count }, (_, n) => ({
    slot: START + n * HOUR,
    rate: "0.00010000",
  }));
  history.db.transaction(() => new HistoryWriter(history.db).add(seriesOf(base), paid)).immediate();
}

describe("the reader thread", () => {
  test(
    "answers from the file while another connection writes it, and sees what was committed",
    async () => {
      using history = new HistoryInFolder();
      using reader = reading(history.folder);
      expect(await reader.ask()).toBe(0);
      pay(history, "BTC", 5);
      expect(await reader.ask()).toBe(5);
      history.db.run("BEGIN IMMEDIATE");
      history.db.run("DELETE FROM settlements");
      expect(await reader.ask()).toBe(5);
      history.db.run("COMMIT");
      expect(await reader.ask()).toBe(0);
      expect([reader.client.starts, reader.log.events()]).toEqual([1, []]);
    },
    PATIENCE_MS,
  );

  test(
    "hands over columns with the exact texts",
    async () => {
      using history = new HistoryInFolder();
      using reader = reading(history.folder);
      pay(history, "BTC", 2);
      const page = await reader.client.ask("settled", ALL, STAYS);
      expect(page.points.amounts).toBe("0.00010000\n0.00010000");
      expect(page.points.slotMs).toEqual(new Float64Array([START * 1000, (START + HOUR) * 1000]));
      expect(page.series[0]).toMatchObject({ uid: "okx-BTC", exchange: "okx", points: 2 });
    },
    PATIENCE_MS,
  );

  test(
    "is replaced by the next question after it was killed",
    async () => {
      using history = new HistoryInFolder();
      using reader = reading(history.folder);
      pay(history, "BTC", 3);
      expect(await reader.ask()).toBe(3);
      const open = reader.ask();
      reader.handles[0]?.terminate();
      expect(["ended", 3]).toContain(await open);
      while (reader.client.isRunning) await new Promise((resolve) => setImmediate(resolve));
      expect(await reader.ask()).toBe(3);
      expect(reader.client.starts).toBe(2);
    },
    PATIENCE_MS,
  );

  test(
    "reports a missing and a damaged file, and reads the one that takes its place",
    async () => {
      using history = new HistoryInFolder();
      using reader = reading(history.folder);
      const path = history.file.path;
      pay(history, "BTC", 3);
      history.db.run("PRAGMA wal_checkpoint(TRUNCATE)");
      const bytes = await Bun.file(path).bytes();
      history.db.close();
      rmSync(path);
      expect(await reader.ask()).toBe("unreadable");
      writeFileSync(path, "not a database, although it is long enough to be one ".repeat(100));
      expect(await reader.ask()).toBe("unreadable");
      writeFileSync(path, bytes);
      truncateSync(path, 8192);
      expect(await reader.ask()).toBe("unreadable");
      writeFileSync(path, bytes);
      expect(await reader.ask()).toBe(3);
      expect(reader.client.starts).toBe(1);
    },
    PATIENCE_MS,
  );

  test(
    "answers small questions while it works on a large one",
    async () => {
      using history = new HistoryInFolder();
      using reader = reading(history.folder);
      for (let n = 0; n < 40; n += 1) pay(history, `A${n}`, 1_000);
      const done: string[] = [];
      const large = reader.ask().then(() => done.push("large"));
      const names = { bases: ["A1"], exceptUids: [], uids: [] };
      const small = reader
        .ask({ filter: { ...ALL.filter, names }, limit: 1 })
        .then(() => done.push("small"));
      await Promise.all([large, small]);
      expect(done).toEqual(["small", "large"]);
    },
    PATIENCE_MS,
  );
});
