import { describe, expect, test } from "bun:test";
import { mkdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { AlertRepository } from "../../src/db/accounts/alert-repository.ts";
import { accountsFile } from "../../src/db/accounts/file.ts";
import type { DatabaseFile } from "../../src/db/database-file.ts";
import { databaseFailure } from "../../src/db/failure.ts";
import { marketFile } from "../../src/db/market/file.ts";
import { migrateDb } from "../../src/db/migrate.ts";
import { openDb } from "../../src/db/open.ts";
import { startDatabase } from "../../src/db/start-database.ts";
import { WriteQueue } from "../../src/db/write-queue.ts";
import { type Fault, FaultyDatabase } from "../support/faulty-database.ts";
import {
  insert,
  makeOldDatabase,
  oldMessage,
  type OldMessage,
  rowsOf,
} from "../support/old-database.ts";
import { ManualClock } from "../support/manual-clock.ts";
import { memoryLog } from "../support/memory-log.ts";
import { LONG_MS } from "../support/patience.ts";
import { temporaryDatabasePath } from "../support/service.ts";

/** Opens the files as a service does at startup; returns the path of its accounts. */
function start(databasePath: string): string {
  startDatabase(marketFile(databasePath), () => {}).close();
  const file = accountsFile(databasePath);
  startDatabase(file, () => {}).close();
  return file.path;
}

describe("the accounts' file", () => {
  test.each([
    ["/data/funding-finder.db", "/data/funding-finder.accounts.db"],
    ["data/x.sqlite", "data/x.accounts.sqlite"],
    ["x", "x.accounts"],
    ["/a.b/x", "/a.b/x.accounts"],
    [".db", ".db.accounts"],
    ["x.accounts", "x.accounts.accounts"],
    ["x.accounts.db", "x.accounts.accounts.db"],
  ])("of the database %s is %s", (market, accounts) => {
    expect(accountsFile(market).path).toBe(accounts);
  });

  test("is the same for a database known by two names", () => {
    using temporary = temporaryDatabasePath();
    const folder = join(dirname(temporary.path), "elsewhere");
    mkdirSync(folder);
    const link = join(folder, "link.db");
    // The link exists before its target, as when an operator moves the data to another disk.
    symlinkSync(temporary.path, link);
    expect(start(link)).toBe(start(temporary.path));
  });

  test("keeps committed data through a power cut; the market's file need not", () => {
    using temporary = temporaryDatabasePath();
    start(temporary.path);
    const synchronous = [marketFile(temporary.path), accountsFile(temporary.path)].map((file) => {
      const db = openDb(file);
      const [setting] = db.query<{ synchronous: number }, []>("PRAGMA synchronous").all();
      db.close();
      return setting?.synchronous;
    });
    expect(synchronous).toEqual([1, 2]);
  });

  test("if it is missing next to an existing market, is created anew with a warning", () => {
    using temporary = temporaryDatabasePath();
    const path = start(temporary.path);
    const warnings: string[] = [];
    using stack = new DisposableStack();
    for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
    stack.adopt(
      startDatabase(accountsFile(temporary.path), (text) => warnings.push(text)),
      (db) => db.close(),
    );
    expect(warnings).toEqual([
      expect.stringContaining(`database ${path} is missing, although a service has run on it`),
    ]);
  });
});

const LATER_MS = 9_000;
const MESSAGES = [
  oldMessage(3, { sent_at: 5, attempts: 1 }),
  oldMessage(4, { destination: null, key: "collector", state: "dead" }),
  oldMessage(7, { attempts: 2, not_before: LATER_MS, failure: "HTTP 502" }),
  oldMessage(8, { parked_at: 9, failure: "HTTP 403" }),
  oldMessage(9, { destination: "telegram:43" }),
];
const WAITING = [4, 7, 9];
/** How the market's file records that a message is stored elsewhere. */
const MOVED_AT = Date.UTC(2100, 0);
const STATES = [
  { key: "collector", state: "dead", queued_at: 4 },
  { key: "exchange:okx", state: "ok", queued_at: 9 },
];

/** Migrates the files in order, as at startup; false if the fault, counted over both, interrupted it. */
function migratesDespite(
  fault: Fault,
  files: readonly ((path: string) => DatabaseFile)[],
  path: string,
): boolean {
  let before = 0;
  for (const fileAt of files) {
    const file = fileAt(path);
    const faulty = new FaultyDatabase(openDb(file));
    faulty.plan({ ...fault, at: fault.at - before });
    try {
      migrateDb(faulty.db, file);
    } catch (error) {
      expect(databaseFailure(error)?.code).toBe(fault.code);
      return false;
    } finally {
      before += faulty.executed;
      faulty.db.close();
    }
  }
  return true;
}

describe("alerts of a version that stored them in the market's file", () => {
  test("are copied unchanged, and pending ones are parked in the old file", () => {
    using temporary = temporaryDatabasePath();
    makeOldDatabase(temporary.path, MESSAGES, STATES);
    const accounts = start(temporary.path);
    expect(rowsOf<OldMessage>(accounts, "alert_outbox")).toEqual(MESSAGES);
    expect(rowsOf(accounts, "alert_states")).toEqual(STATES);
    const old = rowsOf<OldMessage>(temporary.path, "alert_outbox");
    expect(old).toEqual(
      MESSAGES.map((message) =>
        WAITING.includes(message.id) ? { ...message, parked_at: MOVED_AT } : message,
      ),
    );
    expect(rowsOf(temporary.path, "alert_states")).toEqual(STATES);
  });

  test("are sent from there in order: sent ones are not repeated, pending ones stay pending", async () => {
    using temporary = temporaryDatabasePath();
    makeOldDatabase(temporary.path, MESSAGES, STATES);
    start(temporary.path);
    using stack = new DisposableStack();
    const db = stack.adopt(openDb(accountsFile(temporary.path)), (one) => one.close());
    const until = new AbortController().signal;
    const writes = new WriteQueue({ clock: new ManualClock(), log: memoryLog(), until });
    const repository = new AlertRepository(db, writes);
    const states = await repository.statesByKey();
    expect([...states.values()]).toEqual(
      STATES.map(({ queued_at: queuedAtMs, ...state }) => ({ ...state, queuedAtMs })),
    );
    const take = async (nowMs: number) => {
      const claim = await repository.claimOldest("telegram:42", nowMs, 1);
      if (claim !== null) await repository.markSent(claim.id, nowMs);
      return claim?.id ?? null;
    };
    const taken: (number | null)[] = [];
    for (const nowMs of [10, 10, LATER_MS - 1, LATER_MS, LATER_MS]) taken.push(await take(nowMs));
    expect(taken).toEqual([4, null, null, 7, null]);
    const change = {
      key: "collector",
      state: "ok",
      text: "alive",
      destinations: ["telegram:42"],
      atMs: LATER_MS,
    };
    expect(await repository.queue(change, () => true)).toBe("queued");
    // After all of the old ones, although the newest of those had another destination.
    expect(await take(LATER_MS)).toBe(10);
  });

  test("that a process of that version was sending at that moment are sent once", () => {
    using temporary = temporaryDatabasePath();
    makeOldDatabase(temporary.path, MESSAGES);
    startDatabase(marketFile(temporary.path), () => {}).close();
    const old = openDb(marketFile(temporary.path));
    // As it records what it has sent and what it has given up.
    old.run(
      "UPDATE alert_outbox SET sent_at = 20, failure = NULL WHERE id = 4 AND sent_at IS NULL",
    );
    old.run("UPDATE alert_outbox SET parked_at = 21 WHERE id = 9 AND sent_at IS NULL");
    old.close();
    const rows = rowsOf<OldMessage>(start(temporary.path), "alert_outbox");
    expect(rows.map(({ id, sent_at: sent, parked_at: parked }) => [id, sent, parked])).toEqual([
      [3, 5, null],
      [4, 20, null],
      [7, null, null],
      [8, null, 9],
      [9, null, 21],
    ]);
  });

  test("are copied once: what the previous version adds afterwards stays in its own file", () => {
    using temporary = temporaryDatabasePath();
    makeOldDatabase(temporary.path, MESSAGES, STATES);
    const accounts = start(temporary.path);
    const old = openDb(marketFile(temporary.path));
    insert(old, "alert_outbox", { ...oldMessage(10) });
    old.close();
    expect(start(temporary.path)).toBe(accounts);
    expect(rowsOf<OldMessage>(accounts, "alert_outbox")).toEqual(MESSAGES);
    expect(rowsOf<OldMessage>(temporary.path, "alert_outbox").at(-1)).toEqual(oldMessage(10));
  });

  test(
    "are complete in one file or the other, whichever statement fails; the next start copies them",
    () => {
      let at = 1;
      for (let failed = true; failed; at += 1) {
        using temporary = temporaryDatabasePath();
        makeOldDatabase(temporary.path, MESSAGES, STATES);
        const fault = { at, code: "SQLITE_IOERR_WRITE", rolledBack: at % 2 === 0 };
        failed = !migratesDespite(fault, [marketFile, accountsFile], temporary.path);
        const { path } = accountsFile(temporary.path);
        expect([[], MESSAGES]).toContainEqual([...rowsOf<OldMessage>(path, "alert_outbox")]);
        start(temporary.path);
        expect(rowsOf<OldMessage>(path, "alert_outbox")).toEqual(MESSAGES);
        expect(rowsOf(path, "alert_states")).toEqual(STATES);
      }
      // Every statement of both files' migrations was one of them.
      expect(at).toBeGreaterThan(24);
    },
    LONG_MS,
  );
});
