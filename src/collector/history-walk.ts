import { HOUR_MS } from "../domain/funding.ts";
import { slotMsOf } from "../domain/settlement.ts";
import type { ExchangeHttp } from "../exchanges/exchange.ts";
import type {
  HistoryInstrument,
  HistoryPage,
  HistoryProfile,
  HistoryRequest,
} from "../exchanges/history.ts";
import { ownFailure } from "../lib/request-failure.ts";

/** More than the deepest history in the smallest pages: ten years of hours in pages of twenty rows. */
const MAX_REQUESTS = 5_000;

/** Payments further apart than this do not belong to one listing: nothing in that long means that the past ends there. */
const LONGEST_HOLE_MS = 45 * 24 * HOUR_MS;

/** No exchange charges more often, and the interval of today need not be that of the past. */
const SHORTEST_INTERVAL_MS = HOUR_MS;

/** Rows this far outside a requested range still come from rounded bounds and jitter. */
const TOLERANCE_MS = 60_000;

/** A slot is a time rounded to the minute. */
const HALF_SLOT_MS = 30_000;

/** The share of a page that a range may fill if the exchange sends the oldest rows of a longer one. */
const PAGE_SHARE = 0.9;

/** So many pages in a row may lack anything new: new payments may have moved the older ones by a whole page. */
const MAX_REPEATS = 1;

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

/** A walk whose requests are counted. */
interface Reader<Row> extends Walk<Row> {
  readonly load: (request: Partial<HistoryRequest> & WalkRange) => Promise<HistoryPage<Row>>;
}

type Steps<Row> = AsyncGenerator<WalkStep<Row>, void, void>;

/**
 * Reads the past of one instrument from the newest page to the oldest, one request per step, until the range is read or
 * the exchange has nothing older. The result does not depend on how many rows a page has, nor on jitter between two
 * replies: a slot is yielded once. Throws RequestFailure; `bad_envelope` if the source ignores its bounds, only repeats
 * what it sent before, or never ends.
 */
export function walkHistory<Row>(walk: Walk<Row>, range: WalkRange): Steps<Row> {
  const { paging } = walk.profile;
  const reader = readerOf(walk);
  switch (paging.by) {
    case "time":
      return paging.sends === "newest" ? fromTheEnd(reader, range) : inRanges(reader, range);
    case "page":
    case "cursor":
    case "nothing":
      return inPages(reader, range);
  }
}

function readerOf<Row>(walk: Walk<Row>): Reader<Row> {
  const { profile, http, instrument } = walk;
  let requests = 0;
  return {
    ...walk,
    load: async (request) => {
      requests += 1;
      if (requests > MAX_REQUESTS)
        throw ownFailure("bad_envelope", `its history needs more than ${MAX_REQUESTS} requests`);
      return await profile.load(http, { page: 1, cursor: null, instrument, ...request });
    },
  };
}

/** Rows within a range, newest first, each slot once. */
function within<Row>({ timeOf }: Walk<Row>, rows: readonly Row[], range: WalkRange): Row[] {
  const ofRange = rows
    .filter((row) => timeOf(row) >= range.fromMs && timeOf(row) < range.toMs)
    .toSorted((one, other) => timeOf(other) - timeOf(one));
  return [...new Map(ofRange.map((row) => [slotMsOf(timeOf(row)), row])).values()];
}

/** Earlier than any row of the same slot, whatever its jitter. */
const beforeSlotMs = (atMs: number): number => slotMsOf(atMs) - HALF_SLOT_MS;
const afterSlotMs = (atMs: number): number => slotMsOf(atMs) + HALF_SLOT_MS;

const repeated = () => ownFailure("bad_envelope", "its history repeats a page");
const unbounded = () => ownFailure("bad_envelope", "its history ignores the requested range");

/** Lowers the end of the range to the oldest row of each reply. */
async function* fromTheEnd<Row>(reader: Reader<Row>, range: WalkRange): Steps<Row> {
  const { timeOf, profile } = reader;
  const { maxRangeMs = Number.POSITIVE_INFINITY } = profile;
  let { toMs } = range;
  let emptyMs = 0;
  while (toMs > range.fromMs) {
    const part = { fromMs: Math.max(range.fromMs, toMs - maxRangeMs), toMs };
    const page = await reader.load(part);
    const rows = within(reader, page.rows, part);
    const oldest = rows.at(-1);
    if (oldest === undefined && page.rows.some((row) => timeOf(row) > part.toMs + TOLERANCE_MS))
      throw unbounded();
    emptyMs = oldest === undefined ? emptyMs + toMs - part.fromMs : 0;
    // An older row is next to the oldest of the range: nothing lies between them.
    const isWhole = page.rows.some((row) => timeOf(row) < part.fromMs);
    if (page.isLast === true || emptyMs >= LONGEST_HOLE_MS) toMs = range.fromMs;
    else if (oldest === undefined || isWhole) toMs = part.fromMs;
    else toMs = Math.max(part.fromMs, beforeSlotMs(timeOf(oldest)));
    yield { rows, readFromMs: toMs, page: 1 };
  }
}

/** Requests ranges that fit into a page, newest first, each until nothing more of it comes. */
async function* inRanges<Row>(reader: Reader<Row>, range: WalkRange): Steps<Row> {
  const { profile, instrument, timeOf } = reader;
  const stepMs = (instrument.intervalHours ?? 1) * HOUR_MS;
  const fitsMs = Math.max(1, Math.floor(profile.maxRows * PAGE_SHARE)) * stepMs;
  const lengthMs = Math.min(profile.maxRangeMs ?? fitsMs, fitsMs);
  let { toMs } = range;
  let endMs = toMs;
  let emptyMs = 0;
  while (toMs > range.fromMs) {
    const part = { fromMs: Math.max(range.fromMs, endMs - lengthMs), toMs };
    const { rows, isLast } = await wholeRange(reader, part, endMs);
    emptyMs = rows.length === 0 ? emptyMs + toMs - part.fromMs : 0;
    toMs = isLast || emptyMs >= LONGEST_HOLE_MS ? range.fromMs : part.fromMs;
    yield { rows, readFromMs: toMs, page: 1 };
    // The next range includes a payment that is known: once it comes, all before it has come.
    const oldest = rows.at(-1);
    const knownMs = oldest === undefined ? toMs : afterSlotMs(timeOf(oldest));
    endMs = knownMs - toMs < lengthMs / 2 ? knownMs : toMs;
  }
}

/** All rows of a range, of which the exchange sends the oldest first. Requests up to `endMs`, which may be later. */
async function wholeRange<Row>(
  reader: Reader<Row>,
  range: WalkRange,
  endMs: number,
): Promise<{ rows: Row[]; isLast: boolean }> {
  const { timeOf, profile } = reader;
  const found: Row[] = [];
  let { fromMs } = range;
  let isLast = false;
  let isWhole = false;
  while (!isWhole) {
    const part = { fromMs, toMs: range.toMs };
    const page = await reader.load({ fromMs, toMs: endMs });
    const times = page.rows.map(timeOf);
    const rows = within(reader, page.rows, part);
    const [newest] = rows;
    const isTooLate = times.some((atMs) => atMs > endMs + TOLERANCE_MS);
    if (isTooLate && profile.bounds.to !== "none") throw unbounded();
    if (newest === undefined && times.some((atMs) => atMs < part.fromMs - TOLERANCE_MS))
      throw unbounded();
    found.unshift(...rows);
    isLast ||= page.isLast === true;
    fromMs = newest === undefined ? range.toMs : afterSlotMs(timeOf(newest));
    isWhole =
      times.some((atMs) => atMs >= range.toMs) ||
      // No other payment can follow within the range.
      fromMs + SHORTEST_INTERVAL_MS - 2 * HALF_SLOT_MS > range.toMs;
  }
  return { rows: found, isLast };
}

/** Follows page numbers or cursors, or reads the only reply. */
async function* inPages<Row>(reader: Reader<Row>, range: WalkRange): Steps<Row> {
  const { timeOf, profile } = reader;
  const { by } = profile.paging;
  const seen = new Set<number>();
  const cursors = new Set<string>();
  let cursor: string | null = null;
  let readFromMs = range.toMs;
  let repeats = 0;
  for (let number = range.page ?? 1; readFromMs > range.fromMs; number += 1) {
    const page: HistoryPage<Row> = await reader.load({ ...range, page: number, cursor });
    const fresh = page.rows.filter((row) => !seen.has(slotMsOf(timeOf(row))));
    for (const row of fresh) seen.add(slotMsOf(timeOf(row)));
    repeats = fresh.length > 0 ? 0 : repeats + 1;
    cursor = page.cursor ?? null;
    const isEnd =
      page.isLast === true ||
      page.rows.length === 0 ||
      by === "nothing" ||
      (by === "cursor" && cursor === null);
    if (!isEnd && (repeats > MAX_REPEATS || (cursor !== null && cursors.has(cursor))))
      throw repeated();
    if (cursor !== null) cursors.add(cursor);
    readFromMs = Math.min(readFromMs, ...fresh.map(timeOf));
    readFromMs = isEnd ? range.fromMs : Math.max(readFromMs, range.fromMs);
    yield { rows: within(reader, fresh, range), readFromMs, page: number };
  }
}
