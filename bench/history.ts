/** The history of a generated day: its size, what it costs to write and to roll up, and how fast it is read. */
import { readFileSync } from "node:fs";
import { BoardReader } from "../src/db/history/board-reader.ts";
import { NO_MARKET } from "../src/db/history/codec/columns.ts";
import { seal, versionBytes } from "../src/db/history/codec/envelope.ts";
import { unpacked } from "../src/db/history/codec/pack.ts";
import { openSections, sectionsBody } from "../src/db/history/codec/sections.ts";
import { HistoryEpochRepository } from "../src/db/history/epoch-repository.ts";
import type { RollUpDeps } from "../src/db/history/roll-up/roll-up.ts";
import { SampleReader } from "../src/db/history/sample-reader.ts";
import { SampleStore } from "../src/db/history/sample-store.ts";
import { AxisReader } from "../src/db/history/stored-axes.ts";
import type { ExchangeId } from "../src/domain/exchange.ts";
import { HistoryInFolder } from "../test/support/history.ts";
import { PROGRAM_VERSION, samplingInto } from "../test/support/sampled-market.ts";
import { atMost, type Figure, median, plain } from "./figure.ts";
import { type GeneratedMarket, generatedMarket, simulatedMarket } from "./generated-samples.ts";
import { usedBytes } from "./history-size.ts";

/** What all figures are stated for; they grow with the instruments, so a tenth of them is measured. */
const INSTRUMENTS = 12_000;
const EXCHANGES = ["binance", "okx", "bybit", "gate"] as const;
const PER_EXCHANGE = 300;

const DAY_S = 86_400;
const MINUTE_S = 60;
const DAY = Date.UTC(2026, 4, 1) / 1000;
/** When a day has been closed, from its start. */
const CLOSED_S = DAY_S + 3600;

const MB = 1e6;
const PROGRAM = versionBytes(PROGRAM_VERSION);
const READS = 30;

type Kind = "running estimates" | "rates that move each minute" | "the simulator's rates";

export async function history(): Promise<Figure[]> {
  return [
    ...(await day("running estimates", generatedMarket("running", EXCHANGES, PER_EXCHANGE))),
    ...(await day(
      "rates that move each minute",
      generatedMarket("moving", EXCHANGES, PER_EXCHANGE),
    )),
    ...(await day("the simulator's rates", simulatedMarket(EXCHANGES))),
    ...(await month()),
  ];
}

/** Bytes that this process has handed to the system to write, as the kernel counts them. */
function bytesWritten(): number {
  return Number(/^wchar: (\d+)$/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Times each write transaction of the roll-up. */
function timedWrites(past: HistoryInFolder, locks: number[]): RollUpDeps["write"] {
  const epochs = new HistoryEpochRepository(past.db);
  return (work) => {
    const epoch = epochs.read()?.epoch ?? 0;
    const startedMs = performance.now();
    const result = epochs.write(epoch, work);
    locks.push(performance.now() - startedMs);
    return result;
  };
}

async function day(kind: Kind, market: GeneratedMarket): Promise<Figure[]> {
  using past = new HistoryInFolder();
  const locks: number[] = [];
  const sampling = samplingInto(past.db, { write: timedWrites(past, locks) });
  const slices: number[] = [];
  const rollUp = (atS: number): void => {
    for (let isMore = true; isMore;) {
      const startedMs = performance.now();
      isMore = sampling.rollUp.step(atS * 1000) === "more";
      slices.push(performance.now() - startedMs);
    }
  };
  const writeMs: number[] = [];
  let instruments = 0;
  // What does not grow with the days: the tables themselves, and the rows of the series.
  let firstBytes = 0;
  let mostBytes = 0;
  let writtenBytes = 0;
  let rollUpMs = 0;
  for (let at = DAY; at < DAY + DAY_S; at += MINUTE_S) {
    const batches = [...market].map(([exchange, refresh]) => ({ exchange, rows: refresh(at) }));
    instruments = batches.reduce((sum, { rows }) => sum + rows.length, 0);
    const beforeBytes = bytesWritten();
    const startedMs = cpuMs();
    for (const { exchange, rows } of batches) sampling.write(exchange, at, rows);
    const writtenMs = cpuMs();
    writeMs.push(writtenMs - startedMs);
    rollUp(at);
    rollUpMs += cpuMs() - writtenMs;
    writtenBytes += bytesWritten() - beforeBytes;
    // Other benchmarks' timers, and the collector of garbage.
    if (at % 3600 === 0) await Bun.sleep(0);
    if (at === DAY) firstBytes = usedBytes(past);
    // The hour before is not closed yet: the most of each hour.
    if (at % 3600 === MINUTE_S) mostBytes = Math.max(mostBytes, usedBytes(past));
  }
  const share = INSTRUMENTS / instruments;
  const hotBytes = Math.max(mostBytes, usedBytes(past)) - firstBytes;
  const beforeBytes = bytesWritten();
  const startedMs = cpuMs();
  rollUp(DAY + CLOSED_S);
  rollUpMs += cpuMs() - startedMs;
  writtenBytes += bytesWritten() - beforeBytes;
  const cold = coldBytes(past);
  const samples = instruments * (DAY_S / MINUTE_S);
  const named = (what: string): string => `${what}, ${kind}`;
  const hasAims = kind !== "the simulator's rates";
  const ratesAim = kind === "running estimates" ? 0.6 : 1.2;
  const limited = (what: string, value: number, unit: string, most: number): Figure =>
    hasAims ? atMost(named(what), value, unit, most) : plain(named(what), value, unit);
  const figures = [
    limited("bytes of a rate sample, a closed day", cold.rates / samples, "B", ratesAim),
    plain(named("bytes of a price or an amount, a closed day"), cold.market / cold.values, "B"),
  ];
  if (kind !== "rates that move each minute")
    figures.push(
      limited(
        "what a running day adds at its fullest minute, pages of all tables",
        (hotBytes * share) / MB,
        "MB",
        16,
      ),
      limited("a closed day, its blobs", (cold.all * share) / MB, "MB", 16),
      limited(
        "what a closed day adds, pages of all tables",
        ((usedBytes(past) - firstBytes) * share) / MB,
        "MB",
        16,
      ),
    );
  if (kind !== "running estimates") return figures;
  return [
    ...figures,
    atMost("CPU of storing a refresh's samples", median(writeMs.slice(100)) * share, "ms", 30),
    atMost("written to disk in a day", (writtenBytes * share) / MB, "MB", 1000),
    atMost("CPU of the roll-up of a day", (rollUpMs * share) / 1000, "s", 60),
    // The largest exchange has three times the instruments, in as many more slices.
    atMost("longest write lock of the roll-up", Math.max(...locks), "ms", 20),
    plain("the one in a hundred", quantile(locks, 0.99), "ms"),
    plain("longest slice of the roll-up, most of it without the lock", Math.max(...slices), "ms"),
    boardFigure(past, share),
  ];
}

function quantile(values: readonly number[], part: number): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length * part)] ?? 0;
}

/** The bytes of all days, of their rates alone, and how many prices and amounts there are. */
function coldBytes({ db }: HistoryInFolder) {
  const store = new SampleStore(db);
  const size = { all: 0, rates: 0, market: 0, values: 0 };
  for (const exchange of store.exchanges()) {
    const period = store.periodOf(exchange, "day", DAY);
    if (period === null) throw new Error(`${exchange} has no day`);
    const axes = new AxisReader();
    const axis = axes.add(period.axis);
    size.all += period.axis.length;
    for (const { blob } of store.dayPacks(exchange, DAY).flatMap(unpacked)) {
      const read = openSections(blob, axes.finder);
      const sections = [...read.ids].map((seriesId, place) => ({
        seriesId,
        columns: read.at(place),
      }));
      const rates = sections.map(({ seriesId, columns }) => ({
        seriesId,
        columns: { ...columns, market: NO_MARKET },
      }));
      const bytes = seal("sections", sectionsBody(rates, axis, { isAxisInside: false }), PROGRAM);
      size.all += blob.length;
      size.rates += bytes.length;
      size.market += blob.length - bytes.length;
      size.values += sections.reduce((sum, { columns }) => sum + 4 * columns.market.at.length, 0);
    }
  }
  return size;
}

function boardFigure(past: HistoryInFolder, share: number): Figure {
  const reader = new BoardReader(past.db);
  const stale = new Map<ExchangeId, number>(EXCHANGES.map((exchange) => [exchange, 180]));
  const times = Array.from({ length: READS }, (_, n) => {
    const startedMs = performance.now();
    reader.at(DAY + 3600 + n * 2000, stale);
    return performance.now() - startedMs;
  });
  return atMost("the board of a moment of a closed day", median(times) * share, "ms", 400);
}

/** 30 days of one instrument, from days and from a month. */
async function month(): Promise<Figure[]> {
  using past = new HistoryInFolder();
  const [exchange] = EXCHANGES;
  const market = generatedMarket("running", [exchange], 8);
  const sampling = samplingInto(past.db);
  const days = 30;
  for (let at = DAY; at < DAY + days * DAY_S; at += MINUTE_S) {
    sampling.write(exchange, at, market.get(exchange)?.(at) ?? []);
    if (at % 3600 === 0) sampling.rollUpAll(at);
    if (at % DAY_S === 0) await Bun.sleep(0);
  }
  const reader = new SampleReader(past.db);
  const readMs = (withMarket: boolean): number => {
    const times = Array.from({ length: READS }, (_, n) => {
      const startedMs = performance.now();
      reader.read({ id: 1 + (n % 8), exchange }, DAY, DAY + days * DAY_S, { withMarket });
      return performance.now() - startedMs;
    });
    return median(times.slice(10));
  };
  sampling.rollUpAll(DAY + (days + 1) * DAY_S);
  const fromDays = readMs(false);
  sampling.rollUpAll(DAY + 80 * DAY_S);
  return [
    atMost("rates of one instrument over 30 days, from its month", readMs(false), "ms", 1),
    plain("the same with prices and amounts", readMs(true), "ms"),
    plain("the same rates from 30 days, before they are merged", fromDays, "ms"),
  ];
}
