/**
 * A service that only queues and sends alerts: `bun alert-writer-child.ts DATABASE_PATH`. It prints `queued N` and
 * `sent N` when each is stored; numbers continue where another process was killed.
 */
import { AlertRepository } from "../../src/db/accounts/alert-repository.ts";
import { accountsFile } from "../../src/db/accounts/file.ts";
import { marketFile } from "../../src/db/market/file.ts";
import { startDatabase } from "../../src/db/start-database.ts";
import { WriteQueue } from "../../src/db/write-queue.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { memoryLog } from "./memory-log.ts";

const DESTINATION = "telegram:42";
const MAX_MESSAGES = 1_000_000;
/** The lease of a killed process has already ended: the next one takes what it had claimed. */
const LEASE_MS = 0;

const path = process.argv[2] ?? "";
startDatabase(marketFile(path), console.error).close();
const db = startDatabase(accountsFile(path), console.error);
const until = new AbortController().signal;
const writes = new WriteQueue({ clock: systemClock, log: memoryLog(), until });
const alerts = new AlertRepository(db, writes);
const last = Number((await alerts.statesByKey()).get("n")?.state ?? 0);
for (let n = last + 1; n <= MAX_MESSAGES; n += 1) {
  const change = { key: "n", state: `${n}`, text: `${n}`, destinations: [DESTINATION], atMs: n };
  const outcome = await alerts.queue(change, (stored) => Number(stored?.state ?? 0) === n - 1);
  if (outcome !== "queued") throw new Error(`${n} was ${outcome}`);
  console.log(`queued ${n}`);
  const claim = await alerts.claimOldest(DESTINATION, Date.now(), LEASE_MS);
  if (claim === null) throw new Error(`${n} is gone`);
  await alerts.markSent(claim.id, n);
  console.log(`sent ${claim.text}`);
}
