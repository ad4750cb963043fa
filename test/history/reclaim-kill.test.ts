import { expect, test } from "bun:test";
import { join } from "node:path";
import { HistoryInFolder } from "../support/history.ts";
import { storedBy, untilKilled } from "../support/killed-child.ts";
import { LONG_MS } from "../support/patience.ts";
import { expectEverySample, type StoredRefresh } from "../support/read-samples.ts";
import { KILLED_EVERY_S, samplingInto } from "../support/sampled-market.ts";

/** How often the child is killed with some pages given back; RECLAIM_KILLS=50 for the long form. */
const KILLS = Number(process.env["RECLAIM_KILLS"] ?? 4);
/** Some kills come before the first page, while an hour or a day is closed. */
const MAX_TRIES = 4 * KILLS;
/** It is done after some twice as many. */
const MAX_LINES = 90;
const START_S = Date.UTC(2026, 0, 25) / 1000;
const DAY_S = 86_400;

/** Rows of eight pages, every other of which is deleted: giving pages back moves those of the others. */
const ROWS = 1_500;
const ROW_BYTES = 30_000;

/** Rows of an exchange that samples nothing, with half of their pages free; returns the checksums of those kept. */
function fragmented({ db }: HistoryInFolder, kill: number): ReadonlyMap<number, number> {
  const kept = new Map<number, number>();
  const put = db.query("INSERT INTO sample_frames (exchange, day, blob) VALUES ('gate', ?, ?)");
  db.transaction(() => {
    for (let n = 0; n < ROWS; n += 1) {
      const blob = new Uint8Array(ROW_BYTES).fill(kill * ROWS + n);
      put.run(n, blob);
      if (n % 2 === 0) kept.set(n, Bun.hash.crc32(blob));
    }
    db.run("DELETE FROM sample_frames WHERE exchange = 'gate' AND day % 2 = 1");
  }).immediate();
  return kept;
}

function keptIn({ db }: HistoryInFolder): ReadonlyMap<number, number> {
  const rows = db
    .query<{ day: number; blob: Uint8Array }, []>(
      "SELECT day, blob FROM sample_frames WHERE exchange = 'gate' ORDER BY day",
    )
    .all();
  return new Map(rows.map(({ day, blob }) => [day, Bun.hash.crc32(blob)]));
}

function pages({ db }: HistoryInFolder): { readonly free: number; readonly all: number } {
  const number = (name: string): number =>
    Number(Object.values(db.query<Record<string, number>, []>(`PRAGMA ${name}`).get() ?? {})[0]);
  return { free: number("freelist_count"), all: number("page_count") };
}

test(
  `killed ${KILLS} times while space is given back, the file is whole and has every sample and row`,
  async () => {
    using history = new HistoryInFolder();
    const path = join(history.folder, "test.db");
    const all: StoredRefresh[] = [];
    let from = START_S;
    let interrupted = 0;
    for (let kill = 0; kill < MAX_TRIES && interrupted < KILLS; kill += 1) {
      const kept = fragmented(history, kill);
      const before = pages(history);
      const lines = 1 + Math.floor(Math.random() * MAX_LINES);
      const text = await untilKilled("reclaiming-child.ts", path, from, lines);
      all.push(...storedBy(history.db, text));
      expect(history.db.query("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
      expect(keptIn(history)).toEqual(kept);
      const last = all.at(-1)?.at ?? from;
      expectEverySample(history.db, all, last - 3 * DAY_S);
      const { free } = pages(history);
      if (free > 0 && free < before.free) interrupted += 1;
      history.db.run("DELETE FROM sample_frames WHERE exchange = 'gate'");
      from = last + KILLED_EVERY_S;
    }
    expect(interrupted).toBe(KILLS);
    expectEverySample(history.db, all);
    const sampling = samplingInto(history.db, { keptFreePages: 0 });
    sampling.rollUpAll(from);
    expect(pages(history).free).toBe(0);
    expect(pages(history).all).toBeLessThan(ROWS);
    expectEverySample(history.db, all);
  },
  LONG_MS,
);
