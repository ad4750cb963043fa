/** What is measured: each section of docs/performance.md, with its method. */
import { batchWrite } from "./batch-write.ts";
import type { Section } from "./document.ts";
import type { Figure } from "./figure.ts";
import { firstAnswers } from "./first-answers.ts";
import { history } from "./history.ts";
import { historyYear } from "./history-year.ts";
import { hostile } from "./hostile.ts";
import { httpCached } from "./http-cached.ts";
import { idle } from "./idle.ts";
import { large } from "./large.ts";
import { memory } from "./memory.ts";
import { neighbours } from "./neighbours.ts";
import { pastAnswers } from "./past-answers.ts";
import { whileWorkingOnThePast } from "./past-work.ts";
import { plainSqlite } from "./plain-sqlite.ts";
import { refresh } from "./refresh.ts";
import { refreshLatency } from "./refresh-latency.ts";
import { siege } from "./siege.ts";
import { start } from "./start.ts";
import { steps } from "./steps.ts";
import { streams } from "./streams.ts";
import { compressedList, manyRequests } from "./under-load.ts";

interface Options {
  /** Measures for a shorter time. */
  readonly isQuick: boolean;
  /** For how long memory is watched. */
  readonly minutes: number;
}

interface MeasuredSection extends Section {
  readonly run: (options: Options) => Promise<Figure[]>;
}

/** In document order, by the names that `SECTIONS=` accepts. */
export const SECTIONS: Readonly<Record<string, MeasuredSection>> = {
  http: {
    title: "Cached answers compared with a bare Bun.serve sending the same bytes",
    about:
      "Sixteen connections load one server, then the other, five times; the ratio is the median of the five.",
    run: httpCached,
  },
  first: {
    title: "First answers after a snapshot, in one process",
    about:
      "The median time of computing and serialising each answer when nothing is cached, without the network.",
    run: firstAnswers,
  },
  sqlite: {
    title: "Compared with a plain handler that queries SQLite for every request",
    about: "The same rows from the same database, by a handler of a dozen lines.",
    run: plainSqlite,
  },
  neighbours: {
    title: "Compared with Flask, FastAPI and Express on the same database, one core each",
    about: `Each server has one process on one core and takes turns with ours in the same rounds. They answer from our
database with SQL, with the frameworks' usual JSON and gzip, and without a cache. Before anything is measured their
answers are compared with ours: every row and field requested from them must be equal. "arb, cached" is our cached
answer, "arb, computed" is requested with a new \`notional\` each time. "CPU ratio" is their CPU per answer divided by
ours, as counted by the kernel. A neighbour whose packages are not installed is skipped; none is needed for anything
else.`,
    run: neighbours,
  },
  start: {
    title: "Startup to the first answer",
    about:
      "From starting the process to the first row of `/api/funding/current`, with the database of an earlier run.",
    run: start,
  },
  load: {
    title: "2,000 requests per second while exchanges are refreshed",
    about: `Five small answers in turn at a steady rate, however long they take. The same load on a bare Bun.serve, half
of it before and half afterwards, shows what the machine and the client add: the client sends every 2 ms.`,
    run: manyRequests,
  },
  list: {
    title: "The compressed list while exchanges are refreshed",
    about:
      "The whole list from 32 addresses, half in gzip and half in zstd, then as many bytes from a bare Bun.serve.",
    run: compressedList,
  },
  pastwork: {
    title: "2,000 requests per second while the service works on the past",
    about: `The same small answers from three services in turn: one that has no such work; one that reads the past from the
exchanges as fast as they permit; one that rolls up two days of 12,000 instruments. The p99 are means of two rounds.`,
    run: whileWorkingOnThePast,
  },
  streams: {
    title: "500 stream readers and 2,000 requests per second for one minute",
    about: "What the readers have received is compared with the list at the end.",
    run: streams,
  },
  write: {
    title: "Storing one batch",
    about: "Compared with Python's `executemany` writing the same rows.",
    run: batchWrite,
  },
  history: {
    title: "A day of samples of 12,000 instruments each minute",
    about: `Four exchanges with 300 instruments each, or the simulator's own; what grows with the instruments is stated for
12,000. "Running estimates" are means over the interval, clamped around the interest rate, of which half do not leave the
clamp; both kinds have eight decimals. Mark prices have five to seven digits, open interest and volume all eight.
CPU is user and system time of the process; bytes written are counted by the kernel.`,
    run: history,
  },
  year: {
    title: "A year of history of 12,000 instruments",
    about: `A month of 120 instruments sampled each minute, measured when its days are closed, when it is merged and when it is
thinned; stated for 12,000. A year has 126 days at the larger of the first two and the rest thinned. Payments are as many as the simulated
exchanges have.`,
    run: historyYear,
  },
  past: {
    title: "Answers about the past",
    about: `A year of one asset on 30 exchanges, hourly on one of them. The cached answer has 1,000 points; a plain handler reads
the same ones from the same file for each request. First answers include reading, judging intervals and gaps, and
serialising; the median of 25, after 50 others: no answer is cached, but the code is compiled.`,
    run: pastAnswers,
  },
  refresh: {
    title: "One refresh of all exchanges against the simulator",
    about: "From the requests to the committed rows.",
    run: refresh,
  },
  latency: {
    title: "The API while exchanges are refreshed",
    about: "The same requests on a service that is refreshing and on one that is not.",
    run: refreshLatency,
  },
  siege: {
    title: "Stalled readers, and 50,000 distinct queries in five minutes, in 512 MB",
    about: `The service holds 14,000 instruments; MB are of 1,048,576 bytes. Meanwhile
other clients request health and a cached answer.`,
    run: () => siege(),
  },
  hostile: {
    title: "One exchange sending payloads that would fill the memory, in 512 MB",
    about:
      "The service holds 14,000 instruments; MB are of 1,048,576 bytes. The other exchanges must stay fresh.",
    run: hostile,
  },
  idle: {
    title: "Idle CPU",
    about: `User and system time of the whole process without requests, as counted by the kernel, of three services at
once: as installed, with the runtime's defaults, and with \`REFRESH_SECONDS=10\`.`,
    run: idle,
  },
  steps: {
    title: "The longest step of background work on the main thread",
    about: `A probe requests \`/livez\` every millisecond. A step is the CPU time that the thread used while one probe waited,
so time spent waiting for a core does not count. It can be up to a millisecond short: the probe may come after the step
has begun. "large answers cached" requests the list, arb, heatmap and sentiment every 10 s, so that they are rebuilt
in the background for each snapshot. The last three lines are the service's own metric, \`background_step_duration_seconds\`.`,
    run: steps,
  },
  large: {
    title: "50,000 instruments compared with 12,000",
    about: `Two services at once, each on its own simulator, measured in turn. Before that, every documented address is
requested once from the large one: it must answer 200, and not with an empty list.`,
    run: large,
  },
  memory: {
    title: "Memory of the whole service",
    about: `Resident memory as counted by the kernel (VmRSS, in MB of 1,000,000 bytes) every 10 s, five services at once,
three as installed and two with the runtime's defaults; the median is that of the last ten minutes. About 45 MB of it are
pages of the runtime's own file, which processes share.`,
    run: ({ minutes }) => memory(minutes),
  },
};
