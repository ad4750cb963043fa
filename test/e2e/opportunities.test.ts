import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { startSimulator } from "../../src/simulator/server.ts";
import type { ArbList, ArbRow } from "../../src/http/lists/pair-schema.ts";
import type { FundingList } from "../../src/http/lists/funding-schema.ts";
import { answerOf, HANDFUL } from "../support/service-api.ts";
import { startService, temporaryDatabasePath, until } from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";
import { PART } from "../support/part-of-market.ts";

/** Every pair that is an opportunity; none is excluded for being thin or young. */
const OPPORTUNITIES = "/api/funding/arb?pairs=all&min_yield=5";

const NEWEST = "/api/funding/current?limit=1";

/** The maximum interval between two checks while exchanges commit. */
const LOOK_SECONDS = 6;

/** How many changes had been stored when a snapshot was made. */
function seqOf(snapshot: string): number {
  return Number(/-(\d+)/.exec(snapshot)?.[1]);
}

/** The opportunities of a service whose age is known, by their two listings. */
async function aged(origin: string): Promise<Map<string, ArbRow>> {
  const response = await fetch(origin + OPPORTUNITIES);
  if (response.status !== 200) return new Map();
  const { rows } = await answerOf<ArbList>(origin, OPPORTUNITIES);
  return new Map(
    rows
      .filter(({ first_seen_at: firstSeen }) => firstSeen !== null)
      .map((row) => [`${row.long.uid} ${row.short.uid}`, row]),
  );
}

function storedVersion(path: string): number {
  const db = new Database(path, { readonly: true });
  try {
    const row = db.query<{ version: number }, []>("SELECT version FROM opportunity_book").get();
    return row?.version ?? 0;
  } finally {
    db.close();
  }
}

test(
  "opportunities keep their age over kill -9, report unobserved time, and are stored at a shutdown by signal",
  async () => {
    using database = temporaryDatabasePath();
    using stack = new DisposableStack();
    const simulator = stack.adopt(startSimulator({ nowMs: () => Date.now(), scale: PART }), (one) =>
      one.stop(),
    );
    const settings = {
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: HANDFUL.join(","),
      REFRESH_SECONDS: "5",
    };
    let before = new Map<string, ArbRow>();
    {
      await using first = await startService(settings);
      await until(
        async () => {
          before = await aged(first.origin);
          return before.size > 0;
        },
        () => first.log(),
      );
      first.kill("SIGKILL");
      await first.exited;
    }
    for (const row of before.values()) {
      expect(row.unobserved_seconds).toBe(0);
      expect(row.peak_gross_apr_pct).toBeGreaterThanOrEqual(5);
    }

    await using second = await startService(settings);
    const goneOn: ArbRow[] = [];
    await until(
      async () => {
        const after = await aged(second.origin);
        goneOn.push(...[...after.values()].filter((row) => (row.unobserved_seconds ?? 0) > 0));
        return goneOn.length > 0;
      },
      () => second.log(),
    );
    for (const row of goneOn) {
      const known = before.get(`${row.long.uid} ${row.short.uid}`);
      if (known !== undefined) expect(row.first_seen_at).toBe(known.first_seen_at);
      expect(row.lasted_seconds).toBeGreaterThanOrEqual(row.unobserved_seconds ?? 0);
    }
    expect(goneOn.filter((row) => before.has(`${row.long.uid} ${row.short.uid}`))).not.toEqual([]);

    // What is stored at the end includes what was seen since the last write: a check comes within seconds of a commit.
    const shown = await answerOf<FundingList>(second.origin, NEWEST);
    await until(
      async () => {
        const { fetched_at: at, snapshot } = await answerOf<FundingList>(second.origin, NEWEST);
        const commits = seqOf(snapshot) - seqOf(shown.snapshot);
        return at - shown.fetched_at >= 2 * LOOK_SECONDS && commits >= 2 * HANDFUL.length;
      },
      () => second.log(),
    );
    const version = storedVersion(database.path);
    second.kill("SIGTERM");
    expect(await second.exited).toBe(0);
    expect(storedVersion(database.path)).toBe(version + 1);
  },
  LONG_MS,
);
