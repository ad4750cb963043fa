import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { accountsFile } from "../../src/db/accounts/file.ts";
import {
  makeOldDatabase,
  oldMessage,
  type OldMessage,
  type OldState,
  rowsOf,
} from "../support/old-database.ts";
import { LONG_MS } from "../support/patience.ts";
import { temporaryDatabasePath } from "../support/service.ts";

const KILLS = 20;
/** So many that copying them takes some 150 ms: kills occur during that. */
const MESSAGES = Array.from({ length: 20_000 }, (_, n) =>
  oldMessage(n + 1, n % 2 === 0 ? { sent_at: 1 } : {}),
);
const WAITING = MESSAGES.filter(({ sent_at: sentAt }) => sentAt === null);
const STATES: readonly OldState[] = [{ key: "collector", state: "dead", queued_at: 1 }];
const OPENING = join(import.meta.dir, "../support/opening-child.ts");

/** A process that opens both files; resolves when it is about to. */
async function open(path: string) {
  const child = Bun.spawn([process.execPath, OPENING, path], { stdout: "pipe", stderr: "inherit" });
  const { value } = await child.stdout.getReader().read();
  expect(new TextDecoder().decode(value)).toBe("opening\n");
  return child;
}

function integrity(path: string): unknown {
  const db = new Database(path);
  try {
    return db.query("PRAGMA integrity_check").all();
  } finally {
    db.close();
  }
}

/** Ids only: a diff of 20,000 rows is unreadable. */
function ids(rows: readonly OldMessage[]): string {
  return rows.map(({ id }) => id).join();
}

/** All messages and states are in the accounts file, each once, as they were. */
function expectTakenOver(path: string): void {
  const accounts = accountsFile(path).path;
  const taken = rowsOf<OldMessage>(accounts, "alert_outbox");
  expect(ids(taken)).toBe(ids(MESSAGES));
  expect(Bun.deepEquals(taken, MESSAGES)).toBe(true);
  expect(rowsOf(accounts, "alert_states")).toEqual(STATES);
  const old = rowsOf<OldMessage>(path, "alert_outbox");
  expect(ids(old.filter((row) => row.parked_at !== null))).toBe(ids(WAITING));
  for (const file of [path, accounts]) expect(integrity(file)).toEqual([{ integrity_check: "ok" }]);
}

test(
  `kill -9 while alerts are copied from the market file, ${KILLS} times: none is lost and none duplicated`,
  async () => {
    const seen = { before: 0, after: 0 };
    for (let kill = 0; kill < KILLS; kill += 1) {
      using temporary = temporaryDatabasePath();
      const { path } = temporary;
      makeOldDatabase(path, MESSAGES, STATES);
      const child = await open(path);
      await Bun.sleep(10 + kill * 8);
      child.kill("SIGKILL");
      await child.exited;

      const taken = rowsOf<OldMessage>(accountsFile(path).path, "alert_outbox");
      expect([0, MESSAGES.length]).toContain(taken.length);
      seen[taken.length === 0 ? "before" : "after"] += 1;

      expect(await (await open(path)).exited).toBe(0);
      expectTakenOver(path);
    }
    console.log("killed", seen);
    expect(seen.before).toBeGreaterThan(0);
  },
  LONG_MS,
);

test(
  "of two processes that start together one copies them, once, and both start",
  async () => {
    using temporary = temporaryDatabasePath();
    const { path } = temporary;
    makeOldDatabase(path, MESSAGES, STATES);
    const children = await Promise.all([open(path), open(path)]);
    expect(await Promise.all(children.map((child) => child.exited))).toEqual([0, 0]);
    expectTakenOver(path);
  },
  LONG_MS,
);
