/** Small answers while the service works on the past, compared with the same service without that work. */
import { Database } from "bun:sqlite";
import { copyFileSync } from "node:fs";
import { historyFile } from "../src/db/history/file.ts";
import { EXCHANGE_IDS } from "../src/domain/exchange.ts";
import { checkpoint } from "../src/db/open.ts";
import { HistoryInFolder } from "../test/support/history.ts";
import { samplingInto } from "../test/support/sampled-market.ts";
import { atMost, type Figure, plain } from "./figure.ts";
import { generatedMarket } from "./generated-samples.ts";
import { percentile } from "./steady-load.ts";
import { POPULAR_TARGETS, serviceLatencies } from "./under-load.ts";

const PER_SECOND = 2_000;
const SECONDS = { full: 30, quick: 10 } as const;
/** Each of the three in turn so often: what else the machine does changes meanwhile. */
const ROUNDS = { full: 2, quick: 1 } as const;
const AIM_RATIO = 2;

const DAY_S = 86_400;
const MINUTE_S = 60;
/** 12,000 instruments, as the service itself shows. */
const EXCHANGES = EXCHANGE_IDS.slice(0, 30);
const PER_EXCHANGE = 400;

/** The work, and what keeps it from all but one of the services. */
const NO_BACKFILL = { BACKFILL_DAYS: "0" } as const;

export async function whileWorkingOnThePast({
  isQuick,
}: {
  readonly isQuick: boolean;
}): Promise<Figure[]> {
  const size = isQuick ? "quick" : "full";
  const load = { perSecond: PER_SECOND, seconds: SECONDS[size] };
  using days = await daysNotRolledUp();
  const p99 = async (variant: Parameters<typeof serviceLatencies>[2]): Promise<number> =>
    percentile((await serviceLatencies(POPULAR_TARGETS, load, variant)).latencies, 0.99);
  const rounds: { readonly without: number; readonly backfill: number; readonly rollUp: number }[] =
    [];
  for (let round = 0; round < ROUNDS[size]; round += 1)
    rounds.push({
      without: await p99({ settings: NO_BACKFILL }),
      backfill: await p99({}),
      rollUp: await p99({
        settings: NO_BACKFILL,
        prepare: (path) => copyFileSync(days.file.path, historyFile(path).path),
        atEnd: mustBeRollingUp,
      }),
    });
  const of = (kind: keyof (typeof rounds)[number]) => mean(rounds.map((round) => round[kind]));
  const [without, backfill, rollUp] = [of("without"), of("backfill"), of("rollUp")];
  return [
    plain("requests per second", PER_SECOND, "1/s"),
    plain("p99 without", without, "ms"),
    plain("p99 while backfilling", backfill, "ms"),
    plain("p99 during the roll-up", rollUp, "ms"),
    atMost("p99 while backfilling: ratio", backfill / without, "x", AIM_RATIO),
    atMost("p99 during the roll-up: ratio", rollUp / without, "x", AIM_RATIO),
  ];
}

/** The refreshes of the last two days: more than is rolled up until the load ends. */
async function daysNotRolledUp(): Promise<HistoryInFolder> {
  const past = new HistoryInFolder();
  const market = generatedMarket("running", EXCHANGES, PER_EXCHANGE);
  const sampling = samplingInto(past.db);
  const today = Math.floor(Date.now() / 1000 / DAY_S) * DAY_S;
  for (let at = today - 2 * DAY_S; at < today; at += MINUTE_S) {
    for (const [exchange, refresh] of market) sampling.write(exchange, at, refresh(at));
    if (at % 3600 === 0) await Bun.sleep(0);
  }
  checkpoint(past.db);
  return past;
}

/** Throws if all days have been rolled up: then the answers were measured without that work. */
function mustBeRollingUp(databasePath: string): void {
  using db = new Database(historyFile(databasePath).path, { readonly: true });
  const today = Math.floor(Date.now() / 1000 / DAY_S) * DAY_S;
  const left = db
    .query<{ left: number }, [number]>(
      `SELECT (SELECT count(*) FROM sample_refreshes WHERE at < ?1)
        + (SELECT count(*) FROM sample_hours WHERE hour < ?1) AS left`,
    )
    .get(today)?.left;
  if (!left) throw new Error("the roll-up was over before the load ended");
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
