/**
 * The service compared with Flask, FastAPI and Express on the same database, one core each, after checking their
 * answers.
 */
import type { Json } from "../src/http/openapi/json-tree.ts";
import { answerDifferences } from "./answer-differences.ts";
import { atLeast, type Figure, median, note, plain } from "./figure.ts";
import { answersWithin } from "./http-load.ts";
import {
  isInstalled,
  type Neighbour,
  NEIGHBOURS,
  ON_ONE_CORE,
  startNeighbour,
} from "./neighbour-servers.ts";
import { cpuSeconds } from "./process-usage.ts";
import { ALL_SHOWN, startServiceProcess } from "./service.ts";
import { startSimulatorProcess, USUAL_SCALE } from "./simulator.ts";

/** All see a frozen market: what is compared must not change meanwhile. */
const NO_REFRESH = { REFRESH_SECONDS: "3600", STALE_AFTER_SECONDS: "7200" };
const SETTLE_MS = 15_000;
/** Our snapshot is up to 5 s old, and a contract may be charged in between: a retry settles that. */
const COMPARED_AT_MOST = 4;
const COMPARE_AGAIN_MS = 2_000;

/** One address may read three large answers at once; two keep one core busy. */
const CONNECTIONS = 2;
/** Computed answers are built one by one, and more than a few waiting ones are refused. */
const FIRST_CONNECTIONS = 1;
const ROUNDS = { full: 5, quick: 3 } as const;
const ROUND_MS = { full: 1_500, quick: 600 } as const;
const WARM_UP_MS = 500;

interface Case {
  readonly what: string;
  readonly target: string;
  readonly gzip?: true;
  /** Ours is requested with a new size each time, so that it has to compute the answer. */
  readonly isFirst?: true;
  /** Fields that only ours computes (decisions, ages, expected cash) are not required of them. */
  readonly compared?: ReadonlySet<string>;
  /** Of the CPU per answer, Flask's to ours: the aim. */
  readonly minRatio: number;
}

const PAIR_FIELDS = new Set(
  "total count rows base asset_id long short price_gap_pct gross_apr_pct fees_pct net_apr_pct capacity_usd".split(
    " ",
  ),
);
const LEG_FIELDS =
  "uid exchange exchange_symbol symbol quote multiplier funding_rate funding_interval_hours annualized_pct next_funding_time accrual mark_price index_price last_price open_interest_usd volume_24h_usd taker_fee_bps flags".split(
    " ",
  );

/** Everything that does not depend on the second of the request. */
const LIST_FIELDS = new Set([
  ...LEG_FIELDS,
  ..."total count rows asset_id base settle asset_class funding_rate_pct rate_8h_pct predicted_rate instant_rate settled_rate settled_at premium_pct observed_at".split(
    " ",
  ),
]);

const ARB = {
  target: "/api/funding/arb",
  compared: new Set([...PAIR_FIELDS, ...LEG_FIELDS]),
};
const LIST = { target: "/api/funding/current", compared: LIST_FIELDS };

const CASES: readonly Case[] = [
  { what: "12,000 rows", ...LIST, minRatio: 80 },
  { what: "12,000 rows in gzip", ...LIST, gzip: true, minRatio: 500 },
  { what: "one asset", target: "/api/funding/symbol/BTC", compared: LIST_FIELDS, minRatio: 25 },
  { what: "arb, cached", ...ARB, minRatio: 200 },
  { what: "arb, computed", ...ARB, isFirst: true, minRatio: 10 },
];

export async function neighbours({ isQuick }: { readonly isQuick: boolean }): Promise<Figure[]> {
  const there = NEIGHBOURS.filter(isInstalled);
  const missing = NEIGHBOURS.filter((one) => !there.includes(one)).map(({ name, needs }) =>
    note(`${name}: skipped`, `needs ${needs}`),
  );
  if (there.length === 0) return missing;
  await using simulator = await startSimulatorProcess({ scale: USUAL_SCALE });
  await using service = await startServiceProcess(
    simulator.origin,
    NO_REFRESH,
    ALL_SHOWN,
    ON_ONE_CORE,
  );
  await Bun.sleep(SETTLE_MS);
  const ours = { port: Number(new URL(service.origin).port), pid: service.pid };
  const figures: Figure[] = [];
  for (const neighbour of there) {
    await using server = await startNeighbour(neighbour, service.databasePath);
    await compareAll(neighbour, ours.port, server.port);
    for (const one of CASES)
      figures.push(...(await measured(one, neighbour, { ours, theirs: server }, isQuick)));
  }
  return [...figures, ...missing];
}

/** Throws if a neighbour's answer differs: it is not measured then. */
async function compareAll({ name }: Neighbour, ours: number, theirs: number): Promise<void> {
  for (const { what, target, compared } of CASES) {
    for (let times = 1; ; times += 1) {
      const [one, other] = [await answerOf(ours, target), await answerOf(theirs, target)];
      const differences = answerDifferences(one, other, compared);
      if (differences.length === 0) break;
      if (times === COMPARED_AT_MOST)
        throw new Error(`${name} answers otherwise (${what}):\n${differences.join("\n")}`);
      await Bun.sleep(COMPARE_AGAIN_MS);
    }
  }
}

async function answerOf(port: number, target: string): Promise<Json> {
  const response = await fetch(`http://127.0.0.1:${port}${target}`);
  return (await response.json()) as Json;
}

async function measured(
  one: Case,
  { name }: Neighbour,
  { ours, theirs }: { readonly ours: Server; readonly theirs: Server },
  isQuick: boolean,
): Promise<Figure[]> {
  const form = isQuick ? "quick" : "full";
  const encoding = one.gzip ? "Accept-Encoding: gzip\r\n" : "";
  const request = (query: string): string =>
    `GET ${one.target}${query} HTTP/1.1\r\nHost: bench\r\n${encoding}\r\n`;
  let requested = 0;
  const fresh = (): string => request(`?notional=${10_000 + (requested += 1)}`);
  const run = async ({ port, pid }: Server, ms: number): Promise<Round> => {
    const isFresh = one.isFirst === true && port === ours.port;
    const before = cpuSeconds(pid);
    const { count, seconds } = await answersWithin(port, isFresh ? fresh : request(""), {
      connections: one.isFirst ? FIRST_CONNECTIONS : CONNECTIONS,
      ms,
    });
    return { perSecond: count / seconds, cpuMs: ((cpuSeconds(pid) - before) * 1000) / count };
  };
  await run(ours, WARM_UP_MS);
  await run(theirs, WARM_UP_MS);
  const pairs: { ours: Round; theirs: Round }[] = [];
  for (let round = 0; round < ROUNDS[form]; round += 1)
    pairs.push({
      theirs: await run(theirs, ROUND_MS[form]),
      ours: await run(ours, ROUND_MS[form]),
    });
  const medianOf = (of: (pair: { ours: Round; theirs: Round }) => number): number =>
    median(pairs.map(of));
  const ratio = medianOf((pair) => pair.theirs.cpuMs / pair.ours.cpuMs);
  const isFlask = name.startsWith("Flask");
  return [
    plain(
      `${one.what}: ${name}`,
      medianOf((pair) => pair.theirs.perSecond),
      "requests/s",
    ),
    plain(
      `${one.what}: the service`,
      medianOf((pair) => pair.ours.perSecond),
      "requests/s",
    ),
    plain(
      `${one.what}: CPU per answer, ${name}`,
      medianOf((pair) => pair.theirs.cpuMs),
      "ms",
    ),
    plain(
      `${one.what}: CPU per answer, the service`,
      medianOf((pair) => pair.ours.cpuMs),
      "ms",
    ),
    isFlask
      ? atLeast(`${one.what}: CPU ratio, ${name}`, ratio, "x", one.minRatio)
      : plain(`${one.what}: CPU ratio, ${name}`, ratio, "x"),
  ];
}

interface Server {
  readonly port: number;
  readonly pid: number;
}

/** Per round: responses per second by the clock, and CPU per response, all of the server's processes together. */
interface Round {
  readonly perSecond: number;
  readonly cpuMs: number;
}
