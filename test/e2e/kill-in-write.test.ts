import { expect, test } from "bun:test";
import { join } from "node:path";
import { marketFile } from "../../src/db/market/file.ts";
import { tryFileLock } from "../../src/db/file-lock.ts";
import { MarketReader } from "../../src/db/market/market-reader.ts";
import { openDb } from "../../src/db/open.ts";
import { testDatabase } from "../support/database.ts";

const KILLS = 20;
const WRITER = join(import.meta.dir, "../support/writer-child.ts");

/** Waits for the first line that the child prints. */
async function firstLine(output: ReadableStream<Uint8Array>): Promise<string> {
  const { value } = await output.getReader().read();
  return new TextDecoder().decode(value).trim();
}

test(`kill -9 in the middle of writing, ${KILLS} times: the file is sound, no batch is half, the lock is free`, async () => {
  using database = testDatabase();
  let lastSeq = 0;
  for (let kill = 0; kill < KILLS; kill += 1) {
    const child = Bun.spawn([process.execPath, WRITER, database.path], {
      stdout: "pipe",
      stderr: "inherit",
    });
    expect(await firstLine(child.stdout)).toBe("writing");
    // A different point of the transaction each time: batches take some 5 ms.
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
});
