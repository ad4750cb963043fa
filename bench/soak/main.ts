/**
 * The whole service under random faults: `bun bench/soak/main.ts [--minutes 20] [--seed N]`, or `make soak`. Refreshes
 * 38 simulated exchanges at ten times the usual pace while faults come and go, reads snapshots, the stream and CSV all
 * the time and compares every number with the simulator's truth. Then all faults end, and all exchanges must be fresh
 * within five minutes. Prints a line every ten seconds and a verdict; status 0 if everything passes, else 1.
 */
import { parseArgs } from "node:util";
import { EXCHANGE_IDS, DISABLED_BY_DEFAULT } from "../../src/domain/exchange.ts";
import { startServiceProcess } from "../service.ts";
import { startSimulatorProcess } from "../simulator.ts";
import { RandomFaults } from "./faults.ts";
import { Readers } from "./readers.ts";
import { FRESH_WITHIN_MS, Run } from "./run.ts";
import { TruthBook } from "./truth-book.ts";

/** A tenth of a minute; settings derived from the pace change with it. */
const REFRESH_SECONDS = 6;
const STALE_AFTER_SECONDS = 90;

/** Gives some 5,000 rows. */
const SCALE = 0.33;

/** Until everything is available for the first time. */
const READY_WITHIN_MS = 180_000;

const ENABLED = EXCHANGE_IDS.filter((id) => !DISABLED_BY_DEFAULT.includes(id));

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "20" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000_000)) },
  },
});
const faultyMs = Number(values.minutes) * 60_000;
const seed = Number(values.seed);
if (!(faultyMs > 0) || !Number.isSafeInteger(seed)) {
  console.error("soak: --minutes takes a number above 0, --seed a whole number");
  process.exit(2);
}

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.abort());

process.exitCode = await soak();

async function soak(): Promise<number> {
  console.log(
    `soak: ${values.minutes} minutes of faults, a refresh every ${REFRESH_SECONDS} s; again with --seed ${seed}`,
  );
  await using simulator = await startSimulatorProcess({ scale: SCALE, seed });
  await using service = await startServiceProcess(simulator.origin, {
    REFRESH_SECONDS: String(REFRESH_SECONDS),
    STALE_AFTER_SECONDS: String(STALE_AFTER_SECONDS),
    // What an operator would look at afterwards; errors are expected here.
    LOG_LEVEL: "silent",
  });
  const book = new TruthBook({ seed, scale: SCALE });
  const faults = new RandomFaults({
    origin: simulator.origin,
    exchanges: ENABLED,
    seed,
    instruments: (id) => book.instruments(id),
  });
  const readers = new Readers(service.origin, book);
  const run = new Run({
    service,
    book,
    faults,
    readers,
    exchanges: ENABLED,
    signal: stopped.signal,
  });

  const isReady = await run.during("start", READY_WITHIN_MS, () => run.isFresh);
  if (isReady) {
    await run.during("faults", faultyMs, async () => {
      await faults.turn(performance.now());
      return false;
    });
    await faults.stop();
    await run.during("recovery", FRESH_WITHIN_MS, () => run.isFresh);
  }
  await readers.stop();
  return run.verdict() ? 0 : 1;
}
