/** Answers about the past: cached ones compared with a plain handler on the same file, and first ones. */
import { join } from "node:path";
import { atLeast, atMost, type Figure, median, plain, table } from "./figure.ts";
import { requestsPerSecond } from "./http-load.ts";
import { BoardStore } from "../src/db/history/board-store.ts";
import { PairFrameReader } from "../src/db/history/pair-frame-repository.ts";
import { PastReader } from "../src/db/history/past-reader.ts";
import { SampleReader } from "../src/db/history/sample-reader.ts";
import type { ExchangeId } from "../src/domain/exchange.ts";
import { atOnce } from "../src/lib/stepwise.ts";
import { answerTo } from "../src/reader/answers.ts";
import type { Question } from "../src/reader/protocol.ts";
import { HistoryInFolder } from "../test/support/history.ts";
import { END_S } from "./past-range.ts";
import { fill } from "./past-servers.ts";

const CONNECTIONS = 16;
const ROUNDS = 5;
const ROUND_MS = 700;
const FIRST_ANSWERS = 25;
/** By then the code is compiled: what is measured is an answer that is not cached, of a service that has been in use. */
const WARM_UP_ANSWERS = 50;

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const POINTS = 1_000;

const THOUSAND = `/api/funding/history/BTC?exchange=binance&from=${END_S - (POINTS - 1) * HOUR_S}&to=${END_S + 1}`;

interface Ports {
  readonly ours: number;
  readonly theirs: number;
}

const FROM_S = END_S - 30 * DAY_S;
const YEAR_FROM_S = END_S - 364 * DAY_S;

export async function pastAnswers(): Promise<Figure[]> {
  return [...(await answersOverHttp()), ...readings()];
}

async function answersOverHttp(): Promise<Figure[]> {
  const started = Promise.withResolvers<Ports>();
  const child = Bun.spawn([process.execPath, join(import.meta.dir, "past-servers.ts")], {
    stdout: "inherit",
    stderr: "inherit",
    ipc: (ports: Ports) => started.resolve(ports),
    onExit: (_, code) => started.reject(new Error(`the servers ended with ${code}`)),
  });
  try {
    const ports = await started.promise;
    return [
      ...(await cached(ports)),
      // Each has another limit or notional, so none of them is cached.
      await first(
        ports,
        "30 days of one asset on 30 exchanges",
        (n) => `/api/funding/history/BTC?from=${FROM_S}&limit=${10_000 - n}`,
      ),
      await first(
        ports,
        "30 days of one instrument",
        (n) => `/api/funding/history/BTC?exchange=binance&from=${FROM_S}&limit=${10_000 - n}`,
      ),
      await first(ports, "a backtest of a year of one pair", (n) => {
        const pair = "long=binance:BTCUSDT:1&short=bybit:BTCUSDT:1&gaps=allow";
        return `/api/funding/backtest?${pair}&from=${YEAR_FROM_S}&notional=${10_000 + n}&fields=point_at,equity_usd`;
      }),
    ];
  } finally {
    child.kill();
    await child.exited;
  }
}

async function cached({ ours, theirs }: Ports): Promise<Figure[]> {
  const requestOf = (more: string) => `GET ${THOUSAND} HTTP/1.1\r\nHost: bench\r\n${more}\r\n`;
  for (const port of [ours, theirs]) {
    const response = await fetch(`http://127.0.0.1:${port}${THOUSAND}`);
    const { count } = (await response.json()) as { count: number };
    if (count !== POINTS) throw new Error(`${count} points instead of ${POINTS}`);
  }
  const run = (port: number, more = "") =>
    requestsPerSecond(port, requestOf(more), { connections: CONNECTIONS, ms: ROUND_MS });
  const zstd = () => run(ours, "Accept-Encoding: zstd\r\n");
  await run(ours);
  await zstd();
  await run(theirs);
  const rounds: { theirs: number; identity: number; zstd: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1)
    rounds.push({ theirs: await run(theirs), identity: await run(ours), zstd: await zstd() });
  const of = (numberOf: (round: (typeof rounds)[number]) => number) => median(rounds.map(numberOf));
  return [
    plain(
      `${POINTS} points: plain handler`,
      of((round) => round.theirs),
      "requests/s",
    ),
    plain(
      `${POINTS} points: uncompressed`,
      of((round) => round.identity),
      "requests/s",
    ),
    plain(
      `${POINTS} points: in zstd`,
      of((round) => round.zstd),
      "requests/s",
    ),
    // Half a megabyte each: the loopback interface sets the limit.
    plain(
      `${POINTS} points: ratio uncompressed`,
      of((one) => one.identity / one.theirs),
      "x",
    ),
    atLeast(
      `${POINTS} points: ratio in zstd`,
      of((one) => one.zstd / one.theirs),
      "x",
      6,
    ),
  ];
}

/** Every aim for a first answer, and for reading and computing it, is this, in milliseconds. */
const FIRST_WITHIN_MS = 30;

async function first(
  { ours }: Ports,
  what: string,
  targetOf: (nth: number) => string,
): Promise<Figure> {
  const times: number[] = [];
  for (let nth = 0; nth < WARM_UP_ANSWERS + FIRST_ANSWERS; nth += 1) {
    const startedMs = performance.now();
    const response = await fetch(`http://127.0.0.1:${ours}${targetOf(nth)}`);
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`${targetOf(nth)}: ${response.status}`);
    if (nth >= WARM_UP_ANSWERS) times.push(performance.now() - startedMs);
  }
  return atMost(`${what}: the whole first answer, in zstd`, median(times), "ms", FIRST_WITHIN_MS);
}

/** What the reader thread does for these answers: the rest is writing, compressing and sending up to 1.5 MB. */
function readings(): Figure[] {
  using past = new HistoryInFolder();
  fill(past);
  const known = {
    past: new PastReader(past.db),
    samples: new SampleReader(past.db),
    boards: new BoardStore(past.db),
    frames: new PairFrameReader(past.db),
    withHistory: new Set<ExchangeId>(),
  };
  const asOfMs = END_S * 1000;
  const leg = (uid: string) => ({ uid, feeBps: 5 });
  const points = (exchanges: readonly ExchangeId[] | null): Question => ({
    kind: "settled",
    query: {
      filter: {
        exchanges,
        quotes: null,
        assetClasses: null,
        names: { bases: ["BTC"], exceptUids: [], uids: [] },
      },
      range: { fromMs: FROM_S * 1000, toMs: asOfMs + 1 },
      asOfMs,
      limit: 10_000,
      after: null,
      total: null,
    },
  });
  const pair: Question = {
    kind: "backtest",
    query: {
      long: leg("binance:BTCUSDT:1"),
      short: leg("bybit:BTCUSDT:1"),
      fromMs: YEAR_FROM_S * 1000,
      toMs: asOfMs,
      notionalUsd: 10_000,
      rule: { kind: "fixed" },
      holdHours: 72,
      gaps: "allow",
      asOfMs,
    },
  };
  const read = (what: string, question: Question): Figure => {
    const times = Array.from({ length: WARM_UP_ANSWERS + FIRST_ANSWERS }, () => {
      const startedMs = performance.now();
      atOnce(answerTo(known, question));
      return performance.now() - startedMs;
    });
    const measured = median(times.slice(WARM_UP_ANSWERS));
    return atMost(`${what}, read and computed`, measured, "ms", FIRST_WITHIN_MS);
  };
  return [
    read("30 days of one asset on 30 exchanges", points(null)),
    read("30 days of one instrument", points(["binance"])),
    read("a backtest of a year of one pair", pair),
  ];
}

if (import.meta.main) console.log(table(await pastAnswers()));
