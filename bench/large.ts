/** The service with three times what all exchanges list today, compared with one with what they list, in one run. */
import { documentedAddresses } from "../test/support/documented-addresses.ts";
import { ENABLED_IN_BULK } from "../test/support/service-api.ts";
import { atMost, type Figure, median, plain } from "./figure.ts";
import { residentMb } from "./process-usage.ts";
import { type ServiceProcess, startServiceProcess } from "./service.ts";
import { startSimulatorProcess } from "./simulator.ts";
import { percentile, steadyLoad } from "./steady-load.ts";
import { POPULAR_TARGETS } from "./under-load.ts";

const LARGE = { scale: 3.6, rows: 50_000 };
const USUAL = { scale: 0.8, rows: 11_000 };
const WITHIN_MS = 300_000;
const EXCHANGES = { EXCHANGES: ENABLED_IN_BULK.join(",") };

/** Lists that are rightly empty: no interval changes in a frozen market, and no age is an hour yet. */
const MAY_BE_EMPTY = new Set(["/api/intervals/changes", "/api/funding/divergence"]);
/** Endless. */
const STREAM = "/api/funding/stream";

const REQUESTS_PER_SECOND = 400;
const ROUNDS = 3;
const SECONDS = { full: 15, quick: 5 } as const;
const LISTS = 10;

const AIM_MB = 400;
const AIM_RATIO = 3;

export async function large({ isQuick }: { readonly isQuick: boolean }): Promise<Figure[]> {
  await using usualSimulator = await startSimulatorProcess({ scale: USUAL.scale });
  await using largeSimulator = await startSimulatorProcess({ scale: LARGE.scale });
  const start = (origin: string, { rows }: { readonly rows: number }) =>
    startServiceProcess(origin, EXCHANGES, { rows, withinMs: WITHIN_MS });
  await using usual = await start(usualSimulator.origin, USUAL);
  await using service = await start(largeSimulator.origin, LARGE);
  const { requested, wrong } = await wrongAnswers(service.origin);
  for (const line of wrong) console.error(line);

  const latencies = { usual: new Array<number>(), large: new Array<number>() };
  const seconds = SECONDS[isQuick ? "quick" : "full"];
  for (let round = 0; round < ROUNDS; round += 1) {
    latencies.usual.push(...(await latenciesOf(usual, seconds)));
    latencies.large.push(...(await latenciesOf(service, seconds)));
  }
  const lists = { usual: await listMs(usual), large: await listMs(service) };
  const of = (share: number) => ({
    usual: percentile(latencies.usual, share),
    large: percentile(latencies.large, share),
  });
  const [p50, p99] = [of(0.5), of(0.99)];
  return [
    plain("instruments", await shownRows(service.origin), "rows"),
    plain("instruments of the smaller service", await shownRows(usual.origin), "rows"),
    plain("documented addresses requested", requested, ""),
    atMost("addresses with a wrong or empty answer", wrong.length, "", 0),
    atMost("resident memory at the end", residentMb(service.pid), "MB", AIM_MB),
    plain("resident memory of the smaller service", residentMb(usual.pid), "MB"),
    plain("small answers, p50", p50.large, "ms"),
    plain("small answers, p99", p99.large, "ms"),
    plain("small answers, p50: ratio", p50.large / p50.usual, "x"),
    atMost("small answers, p99: ratio", p99.large / p99.usual, "x", AIM_RATIO),
    plain("the list in gzip, median", lists.large, "ms"),
    plain("the list in gzip, median: ratio", lists.large / lists.usual, "x"),
  ];
}

/** Every address of the document: responds 200 with content. */
async function wrongAnswers(origin: string): Promise<{ requested: number; wrong: string[] }> {
  const addresses = (await documentedAddresses(origin)).filter((path) => path !== STREAM);
  const wrong: string[] = [];
  for (const path of addresses) {
    const response = await fetch(origin + path);
    const text = await response.text();
    if (response.status !== 200) wrong.push(`${path}: ${response.status}`);
    else if (text === "" || (isEmptyList(text) && !MAY_BE_EMPTY.has(path)))
      wrong.push(`${path}: empty`);
  }
  return { requested: addresses.length, wrong };
}

function isEmptyList(text: string): boolean {
  return /^\{[^[\]]*"count":0,/.test(text.slice(0, 200));
}

async function latenciesOf({ origin }: ServiceProcess, seconds: number): Promise<number[]> {
  const load = { perSecond: REQUESTS_PER_SECOND, seconds };
  return await steadyLoad(Number(new URL(origin).port), POPULAR_TARGETS, load);
}

async function listMs({ origin }: ServiceProcess): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < LISTS; round += 1) {
    const startedMs = performance.now();
    const headers = { "Accept-Encoding": "gzip" };
    await (await fetch(`${origin}/api/funding/current`, { headers, decompress: false })).bytes();
    times.push(performance.now() - startedMs);
  }
  return median(times);
}

async function shownRows(origin: string): Promise<number> {
  const response = await fetch(`${origin}/api/funding/current?limit=1`);
  return Number(response.headers.get("x-total-count"));
}
