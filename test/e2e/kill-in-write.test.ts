import { expect, test } from "bun:test";
import { join } from "node:path";
import { marketFile } from "../../src/db/market/file.ts";
import { accountsFile } from "../../src/db/accounts/file.ts";
import { tryFileLock } from "../../src/db/file-lock.ts";
import { MarketReader } from "../../src/db/market/market-reader.ts";
import { openDb } from "../../src/db/open.ts";
import { testDatabase } from "../support/database.ts";
import { type OldMessage, type OldState, rowsOf } from "../support/old-database.ts";
import { LONG_MS } from "../support/patience.ts";
import { temporaryDatabasePath } from "../support/service.ts";

const KILLS = 20;
const WRITER = join(import.meta.dir, "../support/writer-child.ts");
const ALERT_WRITER = join(import.meta.dir, "../support/alert-writer-child.ts");

/** Waits for the child's first line. */
async function firstLine(output: ReadableStream<Uint8Array>): Promise<string> {
  const { value } = await output.getReader().read();
  return new TextDecoder().decode(value).trim();
}

/** Kills a child some time after its first line; returns all numbers that it has printed after a word. */
async function killedAfter(script: string, path: string, afterMs: number) {
  const child = Bun.spawn([process.execPath, script, path], { stdout: "pipe", stderr: "inherit" });
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of child.stdout) {
    if (text === "") setTimeout(() => child.kill("SIGKILL"), afterMs);
    text += decoder.decode(chunk, { stream: true });
  }
  await child.exited;
  return (word: string): number[] =>
    // The last line may be cut off.
    [...text.matchAll(new RegExp(`^${word} (\\d+)\\n`, "gm"))].map(([, n]) => Number(n));
}

test(
  `kill -9 in the middle of writing, ${KILLS} times: the file is intact, no batch is partial, the lock is free`,
  async () => {
    using database = testDatabase();
    let lastSeq = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const child = Bun.spawn([process.execPath, WRITER, database.path], {
        stdout: "pipe",
        stderr: "inherit",
      });
      expect(await firstLine(child.stdout)).toBe("writing");
      // At a different point of the transaction each time: batches take some 5 ms.
      await Bun.sleep(10 + kill * 1.7);
      child.kill("SIGKILL");
      await child.exited;

      const db = openDb(marketFile(database.path));
      expect(db.query("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
      expect(db.query("PRAGMA foreign_key_check").all()).toEqual([]);
      const market = new MarketReader(db).read(() => true);
      const rows = market?.rows.get("okx") ?? [];
      expect(rows).toHaveLength(2_000);
      expect(new Set(rows.map((row) => row.fundingRate)).size).toBe(1);
      expect(market?.states[0]).toMatchObject({ symbols: 2_000 });
      const seq = market?.progress.seq ?? 0;
      expect(seq).toBeGreaterThan(lastSeq);
      lastSeq = seq;
      db.close();
    }
    const lock = tryFileLock(`${database.path}.collector-lock`);
    expect(lock).not.toBeNull();
    lock?.release();
  },
  LONG_MS,
);

test(
  `kill -9 in the middle of a message, ${KILLS} times: none is lost, and none that is recorded as sent remains`,
  async () => {
    using temporary = temporaryDatabasePath();
    const { path } = temporary;
    const queued: number[] = [];
    const sent = new Set<number>();
    for (let kill = 0; kill < KILLS; kill += 1) {
      const printed = await killedAfter(ALERT_WRITER, path, 10 + kill * 1.7);
      queued.push(...printed("queued"));
      for (const n of printed("sent")) sent.add(n);

      const accounts = accountsFile(path).path;
      const messages = rowsOf<OldMessage>(accounts, "alert_outbox");
      // One row for each change of state, in order, whether or not its writer lived to report it.
      const [state] = rowsOf<OldState>(accounts, "alert_states");
      expect(messages.map(({ text }) => Number(text))).toEqual(upTo(Number(state?.state)));
      expect(Number(state?.state)).toBeGreaterThanOrEqual(queued.at(-1) ?? Number.NaN);
      const unsent = messages.filter((message) => message.sent_at === null);
      expect(unsent.filter(({ text }) => sent.has(Number(text)))).toEqual([]);
      const db = openDb(accountsFile(path));
      expect(db.query("PRAGMA integrity_check").all()).toEqual([{ integrity_check: "ok" }]);
      db.close();
    }
    expect(queued.length).toBeGreaterThan(KILLS);
  },
  LONG_MS,
);

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, n) => n + 1);
}
