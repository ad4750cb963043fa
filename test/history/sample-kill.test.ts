import { expect, test } from "bun:test";
import { join } from "node:path";
import { HistoryInFolder } from "../support/history.ts";
import { storedBy, untilKilled } from "../support/killed-child.ts";
import { LONG_MS } from "../support/patience.ts";
import { expectEverySample, type StoredRefresh } from "../support/read-samples.ts";
import { KILLED_EVERY_S } from "../support/sampled-market.ts";

/** How often the child is killed; KILLS=50 for the long form, which reaches thinned months. */
const KILLS = Number(process.env["KILLS"] ?? 8);
/** It gets through some days in this time. */
const MAX_LINES = 6_000;
const START_S = Date.UTC(2026, 0, 25) / 1000;
const DAY_S = 86_400;

test(
  `killed ${KILLS} times at random moments, nothing is lost but the refresh under way, and nothing is doubled`,
  async () => {
    using history = new HistoryInFolder();
    const path = join(history.folder, "test.db");
    const all: StoredRefresh[] = [];
    let from = START_S;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const lines = 1 + Math.floor(Math.random() * MAX_LINES);
      const text = await untilKilled("sampling-child.ts", path, from, lines);
      all.push(...storedBy(history.db, text));
      expect(history.db.query("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
      const last = all.at(-1)?.at ?? from;
      expectEverySample(history.db, all, last - 3 * DAY_S);
      from = last + KILLED_EVERY_S;
    }
    expect(all.length).toBeGreaterThan(KILLS);
    expectEverySample(history.db, all);
  },
  LONG_MS,
);
