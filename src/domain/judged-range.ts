/**
 * What has to be read of one instrument so that the payments of a range, and what is missing among them, are judged as
 * in any other range: the blocks of the range and of the payments next to it, each with its neighbours (see
 * intervals-in-force.ts). Ranges are half-open, unix ms; rows ascend.
 */
import type { TimeRange } from "./charges.ts";
import { HOUR_MS, MAX_INTERVAL_HOURS } from "./funding.ts";
import { BLOCK_MS, blockOf, MARGIN_MS, NEIGHBOURS } from "./intervals-in-force.ts";

/** The stored payments or accrued hours of one instrument. */
export interface StoredRows<Row> {
  readonly timeOf: (row: Row) => number;
  readonly within: (range: TimeRange) => readonly Row[];
  /** The last `count` before a moment. */
  readonly before: (atMs: number, count: number) => readonly Row[];
  /** The first `count` from a moment on. */
  readonly after: (atMs: number, count: number) => readonly Row[];
}

/** The payments next to a range are mostly this near. */
const NEAR_MS = MAX_INTERVAL_HOURS * HOUR_MS;

/** What has to be read first; it is enough unless there is a hole at an end of the range. */
export function judgedRange({ fromMs, toMs }: TimeRange): TimeRange {
  return {
    fromMs: blockOf(fromMs - NEAR_MS) - MARGIN_MS,
    toMs: blockOf(toMs + NEAR_MS) + BLOCK_MS + MARGIN_MS,
  };
}

/** The rows that judge a range. */
export function judgedRows<Row>(stored: StoredRows<Row>, range: TimeRange): readonly Row[] {
  const rows = stored.within(judgedRange(range));
  return withLater(stored, withEarlier(stored, rows, range), range);
}

/** `rows` with what is needed from before them; they are all those from the start of `judgedRange` on. */
export function withEarlier<Row>(
  { timeOf, within, before }: Omit<StoredRows<Row>, "after">,
  rows: readonly Row[],
  range: TimeRange,
): readonly Row[] {
  const readMs = judgedRange(range).fromMs;
  const last =
    rows.findLast((row) => timeOf(row) < range.fromMs) ?? before(readMs, 1).at(-1) ?? null;
  const lastMs = last === null ? range.fromMs : timeOf(last);
  const blockMs = Math.min(readMs + MARGIN_MS, blockOf(lastMs));
  const fromMs = blockMs - MARGIN_MS;
  const all = fromMs < readMs ? [...within({ fromMs, toMs: readMs }), ...rows] : rows;
  const ahead = all.findIndex((row) => timeOf(row) >= blockMs);
  const lacks = NEIGHBOURS - (ahead < 0 ? all.length : ahead);
  return lacks > 0 && last !== null ? [...before(fromMs, lacks), ...all] : all;
}

/** `rows` with what is needed from after them; they are all those up to the end of `judgedRange`. */
function withLater<Row>(
  { timeOf, within, after }: StoredRows<Row>,
  rows: readonly Row[],
  range: TimeRange,
): readonly Row[] {
  const readMs = judgedRange(range).toMs;
  const next = rows.find((row) => timeOf(row) >= range.toMs) ?? after(readMs, 1)[0] ?? null;
  const nextMs = next === null ? range.toMs : timeOf(next);
  const blockEndMs = Math.max(readMs - MARGIN_MS, blockOf(nextMs) + BLOCK_MS);
  const toMs = blockEndMs + MARGIN_MS;
  const all = toMs > readMs ? [...rows, ...within({ fromMs: readMs, toMs })] : rows;
  const lacks = NEIGHBOURS - all.filter((row) => timeOf(row) >= blockEndMs).length;
  return lacks > 0 && next !== null ? [...all, ...after(toMs, lacks)] : all;
}
