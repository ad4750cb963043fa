/**
 * Writes the past of the demo, once: `bun scripts/demo-past.ts` (scripts/demo.ts runs it before the service). Does
 * nothing if DATABASE_PATH, or a file that belongs to it, exists. On SIGINT, SIGTERM or SIGHUP it removes what it has
 * written and ends with status 0.
 */
import { EXCHANGES } from "../src/exchanges/registry.ts";
import { loadProcessConfig } from "../src/config/config.ts";
import { ConfigError } from "../src/lib/config-error.ts";
import { systemClock } from "../src/lib/clock.ts";
import { createLog } from "../src/lib/log.ts";
import { startFailure } from "../src/lib/start-failure.ts";
import { PAST_DAYS } from "./demo-past/moments.ts";
import { PastFiles } from "./demo-past/past-files.ts";
import { writePast } from "./demo-past/write-past.ts";

/** All 1,300 assets would take a minute. */
const PAST_ASSETS = 300;

async function main(): Promise<void> {
  const { databasePath, exchanges, refreshMs, logLevel } = loadProcessConfig();
  const days = daysOf(process.env["DEMO_PAST_DAYS"]);
  const files = new PastFiles(databasePath);
  if (!files.begin() || days === 0) return files.remove();
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, () => interrupted.abort());
  const startedMs = performance.now();
  const length = days === 1 ? "1 day" : `${days} days`;
  console.log(`Writing a past of ${length} before the first start; Ctrl-C ends it`);
  try {
    const written = await writePast({
      path: files.market,
      exchanges: exchanges.map((id) => EXCHANGES[id]),
      periodMs: refreshMs,
      nowMs: () => systemClock.nowMs(),
      days,
      assets: PAST_ASSETS,
      log: createLog(logLevel, process.stdout),
      until: interrupted.signal,
    });
    if (written === null) return;
    files.finish();
    const { assets, instruments, samples } = written;
    const took = `${((performance.now() - startedMs) / 1000).toFixed(0)} s`;
    console.log(
      `Wrote ${length} of samples and opportunities in ${took}: ${samples.toLocaleString("en")} samples of ` +
        `${instruments.toLocaleString("en")} instruments on ${assets} assets, those with the largest volume`,
    );
  } finally {
    files.remove();
  }
}

function daysOf(text: string | undefined): number {
  const days = Number(text || PAST_DAYS);
  if (Number.isInteger(days) && days >= 0 && days <= PAST_DAYS) return days;
  throw new ConfigError([`DEMO_PAST_DAYS: must be a whole number from 0 to ${PAST_DAYS}`]);
}

try {
  await main();
} catch (error) {
  const failure = startFailure(error);
  if (failure === null) throw error;
  process.stderr.write(`${failure.message}\n`);
  process.exitCode = failure.exitStatus;
}
