/**
 * A collector that gives free pages back while it samples, on a virtual clock: `bun reclaiming-child.ts DATABASE FROM`.
 * Writes a line before each slice of the roll-up, and those of sampling-child.ts around each refresh.
 */
import { writeSync } from "node:fs";
import { historyFile } from "../../src/db/history/file.ts";
import { openDb } from "../../src/db/open.ts";
import {
  batchOf,
  KILLED_BASES,
  KILLED_EVERY_S,
  KILLED_EXCHANGES,
  samplingInto,
} from "./sampled-market.ts";

const MAX_REFRESHES = 1_000_000;
const SLICES_PER_REFRESH = 4;

const [path = "", from = "0"] = process.argv.slice(2);
const db = openDb(historyFile(path), { mustExist: true });
const sampling = samplingInto(db, { keptFreePages: 0 });
let at = Number(from);
for (let n = 0; n < MAX_REFRESHES; n += 1) {
  for (let slice = 0; slice < SLICES_PER_REFRESH; slice += 1) {
    writeSync(1, "slice\n");
    sampling.rollUp.step(at * 1000);
  }
  for (const exchange of KILLED_EXCHANGES) {
    writeSync(1, `try ${exchange} ${at}\n`);
    if (sampling.write(exchange, at, batchOf(exchange, KILLED_BASES, at)) !== "stored")
      throw new Error(`${exchange} at ${at} was refused`);
    writeSync(1, "ok\n");
  }
  at += KILLED_EVERY_S;
}
