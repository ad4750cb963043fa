import { HOUR_MS } from "../domain/funding.ts";
import type { ExchangeHttp } from "../exchanges/exchange.ts";
import type {
  HistoryInstrument,
  HistoryPage,
  HistoryProfile,
  HistoryRequest,
} from "../exchanges/history.ts";
import { ownFailure } from "../lib/request-failure.ts";

/** More than the deepest history in the smallest pages: ten years of hours in pages of twenty rows. */
const MAX_PAGES = 5_000;

/** Payments further apart than this do not belong to one listing: nothing in that long means that the past ends there. */
const LONGEST_HOLE_MS = 45 * 24 * HOUR_MS;

/** Times of a payment may jitter by this much between two replies. */
const JITTER_MS = 60_000;

/** The share of a page that a range may fill if the exchange sends the oldest rows of a longer one. */
const PAGE_SHARE = 0.9;

/** What a walk reads: unix ms, half-open. */
export interface WalkRange {
  readonly fromMs: number;
  readonly toMs: number;
  /** The page to begin with, where the exchange pages by number. */
  readonly page?: number;
}

/** One step of a walk. */
export interface WalkStep<Row> {
  /** Rows that this walk has not yielded before, within its range, newest first. */
  readonly rows: readonly Row[];
  /**
   * Everything from here to the end of the range has been read. It is the start of the range after the last step, also
   * if the exchange has nothing as old as that.
   */
  readonly readFromMs: number;
  /** The page to continue with after an interruption. */
  readonly page: number;
}

interface Walk<Row> {
  readonly profile: HistoryProfile<Row>;
  readonly http: ExchangeHttp;
  readonly instrument: HistoryInstrument;
  readonly timeOf: (row: Row) => number;
}

type Steps<Row> = AsyncGenerator<WalkStep<Row>, void, void>;

/**
 * Reads the past of one instrument from the newest page to the oldest, one request per step, until the range is read or
 * the exchange has nothing older. The result does not depend on how many rows a page has. Throws RequestFailure; a page
 * that only repeats what was sent before is a `bad_envelope`.
 */
export function walkHistory<Row>(walk: Walk<Row>, range: WalkRange): Steps<Row> {
  const { paging } = walk.profile;
  switch (paging.by) {
    case "time":
      return paging.sends === "newest" ? fromTheEnd(walk, range) : inRanges(walk, range);
    case "page":
    case "cursor":
    case "nothing":
      return inPages(walk, range);
  }
}

function load<Row>(
  { profile, http, instrument }: Walk<Row>,
  request: Partial<HistoryRequest> & WalkRange,
): Promise<HistoryPage<Row>> {
  return profile.load(http, { page: 1, cursor: null, instrument, ...request });
}

/** Rows within a range, newest first, each time once. */
function within<Row>({ timeOf }: Walk<Row>, rows: readonly Row[], range: WalkRange): Row[] {
  const byTime = new Map(rows.map((row) => [timeOf(row), row]));
  return [...byTime]
    .filter(([atMs]) => atMs >= range.fromMs && atMs < range.toMs)
    .toSorted(([one], [other]) => other - one)
    .map(([, row]) => row);
}

const repeated = () => ownFailure("bad_envelope", "its history repeats a page");
const endless = () => ownFailure("bad_envelope", `its history has more than ${MAX_PAGES} pages`);

/** Lowers the end of the range to the oldest row of each reply. */
async function* fromTheEnd<Row>(walk: Walk<Row>, range: WalkRange): Steps<Row> {
  const { timeOf, profile } = walk;
  const { maxRangeMs = Number.POSITIVE_INFINITY } = profile;
  let { toMs } = range;
  let emptyMs = 0;
  for (let requests = 0; requests < MAX_PAGES; requests += 1) {
    const part = { fromMs: Math.max(range.fromMs, toMs - maxRangeMs), toMs };
    const page = await load(walk, part);
    const rows = within(walk, page.rows, part);
    const oldest = rows.at(-1);
    if (oldest === undefined && page.rows.some((row) => timeOf(row) > toMs + JITTER_MS))
      throw repeated();
    emptyMs = oldest === undefined ? emptyMs + toMs - part.fromMs : 0;
    const isWhole = oldest === undefined && part.fromMs <= range.fromMs;
    const isEnd = page.isLast === true || isWhole || emptyMs >= LONGEST_HOLE_MS;
    toMs = oldest === undefined ? part.fromMs : timeOf(oldest);
    yield { rows, readFromMs: isEnd ? range.fromMs : toMs, page: 1 };
    if (isEnd || toMs <= range.fromMs) return;
  }
  throw endless();
}

/** Requests ranges that fit into a page, newest first, each until nothing more of it comes. */
async function* inRanges<Row>(walk: Walk<Row>, range: WalkRange): Steps<Row> {
  const { profile, instrument } = walk;
  const stepMs = (instrument.intervalHours ?? 1) * HOUR_MS;
  const fitsMs = Math.max(1, Math.floor(profile.maxRows * PAGE_SHARE)) * stepMs;
  const lengthMs = Math.min(profile.maxRangeMs ?? fitsMs, fitsMs);
  let { toMs } = range;
  let emptyMs = 0;
  for (let parts = 0; parts < MAX_PAGES; parts += 1) {
    const part = { fromMs: Math.max(range.fromMs, toMs - lengthMs), toMs };
    const { rows, isLast } = await wholeRange(walk, part, stepMs);
    emptyMs = rows.length === 0 ? emptyMs + toMs - part.fromMs : 0;
    const isEnd = isLast || part.fromMs <= range.fromMs || emptyMs >= LONGEST_HOLE_MS;
    toMs = part.fromMs;
    yield { rows, readFromMs: isEnd ? range.fromMs : toMs, page: 1 };
    if (isEnd) return;
  }
  throw endless();
}

/** All rows of a range, of which the exchange sends the oldest first. */
async function wholeRange<Row>(
  walk: Walk<Row>,
  range: WalkRange,
  stepMs: number,
): Promise<{ rows: Row[]; isLast: boolean }> {
  const found: Row[] = [];
  let { fromMs } = range;
  for (let requests = 0; requests < MAX_PAGES; requests += 1) {
    const part = { fromMs, toMs: range.toMs };
    const page = await load(walk, part);
    const rows = within(walk, page.rows, part);
    found.unshift(...rows);
    const [newest] = rows;
    if (newest === undefined) {
      if (page.rows.some((row) => walk.timeOf(row) < fromMs - JITTER_MS)) throw repeated();
      return { rows: found, isLast: page.isLast === true };
    }
    fromMs = walk.timeOf(newest) + 1;
    // No other payment can follow within the range.
    if (fromMs + stepMs - JITTER_MS > range.toMs)
      return { rows: found, isLast: page.isLast === true };
  }
  throw endless();
}

/** Follows page numbers or cursors, or reads the only reply. */
async function* inPages<Row>(walk: Walk<Row>, range: WalkRange): Steps<Row> {
  const { by } = walk.profile.paging;
  const seen = new Set<number>();
  const cursors = new Set<string>();
  let cursor: string | null = null;
  const first = range.page ?? 1;
  for (let number = first; number < first + MAX_PAGES; number += 1) {
    const page: HistoryPage<Row> = await load(walk, { ...range, page: number, cursor });
    const isKnown = page.rows.every((row) => seen.has(walk.timeOf(row)));
    if (page.rows.length > 0 && isKnown) throw repeated();
    const rows = within(walk, page.rows, range).filter((row) => !seen.has(walk.timeOf(row)));
    for (const row of page.rows) seen.add(walk.timeOf(row));
    cursor = page.cursor ?? null;
    if (cursor !== null && cursors.has(cursor)) throw repeated();
    if (cursor !== null) cursors.add(cursor);
    const hasMore = by === "page" ? page.rows.length > 0 : by === "cursor" && cursor !== null;
    const isEnd = !hasMore || page.isLast === true;
    const oldestMs = Math.min(range.toMs, ...page.rows.map(walk.timeOf));
    const isRead = oldestMs <= range.fromMs;
    const readFromMs = isEnd || isRead ? range.fromMs : oldestMs;
    yield { rows, readFromMs, page: number };
    if (isEnd || isRead) return;
  }
  throw endless();
}
