import type { SampleColumns } from "../db/history/codec/columns.ts";
import type { FlagChange } from "../db/history/series-states.ts";
import type { SeriesRow } from "../db/history/past-reader.ts";
import { type Charge, chargesOf } from "../domain/charges.ts";
import { isBlocked } from "../domain/flags.ts";
import { HOUR_MS, MAX_INTERVAL_HOURS } from "../domain/funding.ts";
import { PUBLISHED_AFTER_MS } from "../domain/settlement.ts";
import { MIN_EXCHANGES } from "../domain/statistics.ts";
import { flatTable } from "../lib/flat-table.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import { type HistoryRange, MAX_POINTS_PER_SERIES } from "../services/history/history-query.ts";
import {
  LINE_COLUMNS,
  type LineAnswer,
  type LinePage,
  type LineQuery,
} from "../services/history/line-page.ts";
import type { LiveSeries } from "../services/history/live-page.ts";
import { bucketMsOf, type Weighting } from "../services/history/series.ts";
import type { PageSeries } from "../services/history/settled-page.ts";
import {
  Buckets,
  InstrumentLine,
  MAX_WEIGHT_AGE_MS,
  WeightedLine,
} from "../services/history/weighted-line.ts";
import { chosenSeries } from "./chosen-series.ts";
import {
  intervalReader,
  judgedCharges,
  type JudgedCharges,
  type KnownPast,
  storedIn,
  unpricedOf,
} from "./known-past.ts";
import { lineMembers } from "./line-members.ts";
import { hadEnded, hadNotBegun } from "./live.ts";
import { changeReader, eachMonth, firstSampleMs, type Sampled, sampledIn } from "./live-points.ts";
import { pageSeries } from "./page-points.ts";

/** One page of one line over all instruments of an asset. */
export function* lineAnswer(known: KnownPast, query: LineQuery): Stepwise<LineAnswer> {
  const chosen = chosenSeries(known.past, query.filter);
  yield;
  const members = lineMembers(known.past.states, chosen, query);
  yield;
  if (members.found === "several") return members;
  const { of: series, found, assetId, leftOut } = members;
  return { found, assetId, leftOut, ...(yield* linePage(known, series, query)) };
}

/** In the place of a series in cursors: a line has one point at a time. */
const ONLY_SERIES = 1;

type Page = Omit<LinePage, "assetId" | "leftOut">;

function* linePage(
  known: KnownPast,
  series: readonly SeriesRow[],
  query: LineQuery,
): Stepwise<Page> {
  const { range, resolution, weighting, after, filter } = query;
  const stepMs = bucketMsOf(resolution);
  const begin = yield* beginningOf(known, series, query);
  const firstMs = Math.max(range.fromMs, Math.min(begin.ofAllMs, range.toMs));
  const fromMs = after === null ? firstMs : after.slotMs + stepMs;
  const limit = Math.min(query.limit, MAX_POINTS_PER_SERIES);
  const toMs = Math.min(range.toMs, startOfStep(fromMs, stepMs) + limit * stepMs);
  const covered = { fromMs: Math.min(fromMs, toMs), toMs };
  const buckets = new Buckets(covered, resolution);
  const line = new WeightedLine(buckets, weighting !== "none");
  const settled: PageSeries[] = [];
  const live: LiveSeries[] = [];
  const reading = { covered, weighting, samples: sampledIn(known) };
  for (const [index, one] of series.entries()) {
    const instrument = new InstrumentLine(buckets, weighting !== "none");
    if (query.kind === "settled") {
      const { lacking, unpriced } = yield* charged(
        known,
        one,
        { covered, judgedFromMs: after === null ? range.fromMs : fromMs, asOfMs: query.asOfMs },
        instrument,
      );
      yield* weighed(one, reading, instrument);
      const points = line.add(one.exchange, instrument);
      if (points > 0 || lacking.length > 0 || unpriced > 0)
        settled.push(pageSeries(one, points, lacking, unpriced));
    } else {
      yield* sampled(known, one, reading, instrument);
      const points = line.add(one.exchange, instrument);
      const samplesFromMs = begin.each[index] ?? null;
      const isGone = hadEnded(one, covered) || hadNotBegun(one, samplesFromMs, covered);
      if (points > 0 || !isGone) live.push({ ...one, points, samplesFromMs });
    }
    yield;
  }
  const points = line.points(Math.min(MIN_EXCHANGES, filter.exchanges?.length ?? MIN_EXCHANGES));
  const last = points.at(-1);
  return {
    rows: yield* flatTable(LINE_COLUMNS, points),
    count: points.length,
    total: query.total ?? new Buckets({ fromMs: firstMs, toMs: range.toMs }, resolution).count,
    unreadable: reading.samples.damaged.size,
    covered,
    next:
      toMs < range.toMs && last !== undefined
        ? { slotMs: last.fromMs, seriesId: ONLY_SERIES }
        : null,
    series:
      query.kind === "settled" ? { kind: "settled", of: settled } : { kind: "live", of: live },
  };
}

function startOfStep(atMs: number, stepMs: number): number {
  return Math.floor(atMs / stepMs) * stepMs;
}

/** The first time that something is known of, unix ms: of each series, and of all of them. */
interface Beginning {
  readonly each: readonly (number | null)[];
  /** Infinity without any. */
  readonly ofAllMs: number;
}

/** Of samples, or the hour before the first payment: it was charged for at least that. */
function* beginningOf(
  known: KnownPast,
  series: readonly SeriesRow[],
  { kind, asOfMs }: LineQuery,
): Stepwise<Beginning> {
  const each: (number | null)[] = [];
  const samples = sampledIn(known);
  let ofAllMs = Number.POSITIVE_INFINITY;
  for (const one of series) {
    const firstMs =
      kind === "live"
        ? yield* firstSampleMs(samples, one, asOfMs + 1)
        : known.past.firstSlotMs(one.id, one.accrual);
    each.push(firstMs);
    const beginMs = firstMs === null || kind === "live" ? firstMs : firstMs - HOUR_MS;
    ofAllMs = Math.min(ofAllMs, beginMs ?? ofAllMs);
    yield;
  }
  return { each, ofAllMs };
}

/** What a page is judged by. */
interface Judging {
  readonly covered: HistoryRange;
  /** The first page is judged from the start of the range on, also where nothing is known. */
  readonly judgedFromMs: number;
  readonly asOfMs: number;
}

/** Adds what was charged for the time, also where it was paid after it; gives what is lacking of that. */
function* charged(
  known: KnownPast,
  series: SeriesRow,
  { covered, judgedFromMs, asOfMs }: Judging,
  instrument: InstrumentLine,
): Stepwise<Pick<JudgedCharges, "lacking"> & { readonly unpriced: number }> {
  const { fromMs, toMs } = covered;
  const paidBy = { fromMs, toMs: Math.min(toMs + MAX_INTERVAL_HOURS * HOUR_MS + 1, asOfMs + 1) };
  const judged = judgedCharges(
    known,
    series,
    { fromMs: Math.min(judgedFromMs, fromMs), toMs: paidBy.toMs },
    asOfMs,
  );
  yield;
  const charges = chargesOf(yield* storedIn(known, series, paidBy));
  // Intervals are judged with what is around the page. A payment that was stored in between is in the next answer.
  const intervals = intervalReader(judged.charges);
  for (const charge of charges)
    instrument.charge({ ...charge, intervalHours: intervals(charge.slotMs) });
  const pendingFromMs = pendingSince(series, judged.charges.at(-1), asOfMs);
  if (pendingFromMs !== null) instrument.pendingFrom(pendingFromMs);
  yield;
  // A slot after the page was charged for a part of it if its interval begins there.
  const lacking = judged.lacking.filter(
    ({ firstSlotMs, intervalHours }) => firstSlotMs - (intervalHours ?? 0) * HOUR_MS < toMs,
  );
  return { lacking, unpriced: unpricedOf(charges, covered) };
}

/** Since when nothing has been charged although the next slot is not overdue; null if that is not so. */
function pendingSince(
  { endedAtMs }: SeriesRow,
  newest: Charge | undefined,
  asOfMs: number,
): number | null {
  if (endedAtMs !== null || newest === undefined || newest.intervalHours === null) return null;
  const dueMs = newest.slotMs + newest.intervalHours * HOUR_MS + PUBLISHED_AFTER_MS;
  return dueMs > asOfMs ? newest.slotMs : null;
}

/** What is read of samples for a page. */
interface Sampling {
  readonly covered: HistoryRange;
  readonly weighting: Weighting;
  readonly samples: Sampled;
}

/** Adds what it weighed. */
function* weighed(
  series: SeriesRow,
  { covered, weighting, samples }: Sampling,
  instrument: InstrumentLine,
): Stepwise<void> {
  if (weighting === "none") return;
  const range = { fromMs: covered.fromMs - MAX_WEIGHT_AGE_MS, toMs: covered.toMs };
  yield* eachMonth(samples, series, range, {
    withMarket: true,
    take: (columns) => {
      weigh(columns, weighting, instrument);
      return "more";
    },
  });
}

/** Adds its live rates, except those that a blocking flag refused then, and what it weighed. */
function* sampled(
  known: KnownPast,
  series: SeriesRow,
  { covered, weighting, samples }: Sampling,
  instrument: InstrumentLine,
): Stepwise<void> {
  const fromMs = covered.fromMs - (weighting === "none" ? 0 : MAX_WEIGHT_AGE_MS);
  const [from, to] = [Math.floor(fromMs / 1000), Math.ceil(covered.toMs / 1000)];
  const flagsAt = flagReader(known.past.states.flagChanges(series.id, from, to));
  yield;
  yield* eachMonth(
    samples,
    series,
    { fromMs, toMs: covered.toMs },
    {
      withMarket: weighting !== "none",
      take: (columns) => {
        const { times, rates, intervals } = columns;
        const intervalAt = changeReader(intervals);
        for (const [index, time] of times.entries()) {
          const intervalHours = intervalAt(index);
          if (isBlocked(flagsAt(time))) continue;
          instrument.sample({ atMs: time * 1000, rate: rates[index] ?? 0, intervalHours });
        }
        if (weighting !== "none") weigh(columns, weighting, instrument);
        return "more";
      },
    },
  );
}

function weigh(
  { times, market }: SampleColumns,
  weighting: Exclude<Weighting, "none">,
  instrument: InstrumentLine,
): void {
  const amounts = weighting === "oi" ? market.openInterestUsd : market.volume24hUsd;
  for (const [place, index] of market.at.entries()) {
    const usd = amounts[place] ?? Number.NaN;
    if (!Number.isNaN(usd)) instrument.weigh({ atMs: (times[index] ?? 0) * 1000, usd });
  }
}

/** The flags at a moment; called in ascending order. */
function flagReader(changes: readonly FlagChange[]): (at: number) => number {
  let next = 0;
  return (at) => {
    while ((changes[next]?.at ?? Number.POSITIVE_INFINITY) <= at) next += 1;
    return changes[next - 1]?.flags ?? 0;
  };
}
