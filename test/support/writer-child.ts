/**
 * A collector that only writes: `bun writer-child.ts DATABASE`. Batches of 2,000 rows follow each other without a
 * pause, so that a kill hits the middle of a transaction. Every row of a batch has the number of its batch as its rate.
 */
import { marketFile } from "../../src/db/market/file.ts";
import { EpochRepository } from "../../src/db/market/epoch-repository.ts";
import { ExchangeStateRepository } from "../../src/db/market/exchange-state-repository.ts";
import { tryFileLock } from "../../src/db/file-lock.ts";
import { MarketWriter } from "../../src/db/market/market-writer.ts";
import { openDb, writeTransaction } from "../../src/db/open.ts";
import { acceptedBatch } from "./database.ts";
import { NOON_MS, quoteOf } from "./quote.ts";

const ROWS = 2_000;
const MAX_BATCHES = 100_000;

const path = process.argv[2] ?? "";
if (tryFileLock(`${path}.collector-lock`) === null) throw new Error("the lock is held");
const db = openDb(marketFile(path));
const epochs = new EpochRepository(db);
const states = new ExchangeStateRepository(db);
const writer = new MarketWriter(db, epochs, states);
const epoch = epochs.takeOver(NOON_MS);
writeTransaction(db, () => states.enableOnly(new Map([["okx", 60_000]])));
const symbols = Array.from({ length: ROWS }, (_, n) => `C${n}`);
for (let batch = 1; batch <= MAX_BATCHES; batch += 1) {
  const quotes = symbols.map((base) =>
    quoteOf(base, { fundingRate: (epoch * 1_000 + batch) / 1e9 }),
  );
  writer.commit(acceptedBatch("okx", epoch, NOON_MS + batch, quotes));
  if (batch === 1) console.log("writing");
}
