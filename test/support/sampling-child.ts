/**
 * A collector that only samples and rolls up, on a virtual clock: `bun sampling-child.ts DATABASE FROM`. Writes a line
 * `try EXCHANGE AT` before each refresh and `ok` after it, so that a kill hits anything in between.
 */
import { writeSync } from "node:fs";
import { historyFile } from "../../src/db/history/file.ts";
import { openDb } from "../../src/db/open.ts";
import {
  batchOf,
  draw,
  KILLED_BASES,
  KILLED_EVERY_S,
  KILLED_EXCHANGES,
  samplingInto,
} from "./sampled-market.ts";

const MAX_REFRESHES = 1_000_000;

const [path = "", from = "0"] = process.argv.slice(2);
const db = openDb(historyFile(path), { mustExist: true });
const sampling = samplingInto(db, { mergedPerNight: 10, keptFreePages: 0 });
let at = Number(from);
for (let n = 0; n < MAX_REFRESHES; n += 1) {
  for (const exchange of KILLED_EXCHANGES) {
    writeSync(1, `try ${exchange} ${at}\n`);
    if (sampling.write(exchange, at, batchOf(exchange, KILLED_BASES, at)) !== "stored")
      throw new Error(`${exchange} at ${at} was refused`);
    writeSync(1, "ok\n");
  }
  // Most of the time a few slices, so that what is due is spread over the refreshes as in the service.
  const slices = draw(8, at, "slices");
  for (let slice = 0; slice < slices && sampling.rollUp.step(at * 1000) === "more"; slice += 1);
  at += KILLED_EVERY_S;
}
