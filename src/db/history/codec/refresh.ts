import { RATE_EXPONENT } from "../../../domain/sample.ts";
import { ByteReader, ByteWriter, MalformedBytes, unzigzag, zigzag } from "./bytes.ts";
import { readAmounts, writeAmounts } from "./amounts.ts";
import { MARKET_FIELDS, type MarketColumns } from "./columns.ts";
import { readDecimals, writeDecimals } from "./decimals.ts";

const RATE = { exponent: RATE_EXPONENT } as const;

/** What a body begins with. */
const DELTAS = 0;
const KEY_FRAME = 1;

/** Which series have prices and amounts. */
const NONE = 0;
const EACH = 1;
const LISTED = 2;

const MINUTES_PER_HOUR = 60;
const UNKNOWN = 0;

/**
 * The samples of one refresh of one exchange: one per series that was in the batch, in ascending order of their ids.
 * Times are unix seconds, NaN means null; `market.at` are indexes of `ids`.
 */
export interface RefreshColumns {
  readonly at: number;
  readonly ids: Uint32Array;
  readonly rates: Float64Array;
  /** In hours. */
  readonly intervals: Float64Array;
  readonly nextTimes: Float64Array;
  readonly market: MarketColumns;
}

/**
 * A refresh as the body of a blob: what differs from the refresh before. Without one it is a key frame, which is read by
 * itself.
 */
export function refreshBody(refresh: RefreshColumns, before: RefreshColumns | null): Uint8Array {
  const out = new ByteWriter();
  out.varint(refresh.at);
  out.byte(before === null ? KEY_FRAME : DELTAS);
  if (before === null) out.ascending(refresh.ids);
  else writeRoster(out, refresh.ids, before.ids);
  const base = alignedTo(refresh.ids, before);
  writeDecimals(out, refresh.rates, RATE, base.rates);
  writeChanges(out, refresh.intervals, base.intervals, (hours) =>
    Math.round(hours * MINUTES_PER_HOUR),
  );
  writeChanges(out, refresh.nextTimes, base.nextTimes, (time, last) =>
    zigzag(time - (Number.isNaN(last) ? refresh.at : last)),
  );
  writeMarket(out, refresh);
  return out.written();
}

/** Whether a body needs no other one to be read. */
export function isKeyFrame(body: Uint8Array): boolean {
  const from = new ByteReader(body);
  from.varint();
  return from.byte() === KEY_FRAME;
}

/** The inverse of `refreshBody`, given the refresh before. Throws MalformedBytes if that is missing. */
export function refreshOf(body: Uint8Array, before: RefreshColumns | null): RefreshColumns {
  const from = new ByteReader(body);
  const at = from.varint();
  const isKey = from.byte() === KEY_FRAME;
  if (!isKey && before === null) throw new MalformedBytes("the refresh before it is missing");
  const known = isKey ? null : before;
  const ids = known === null ? from.ascending() : readRoster(from, known.ids);
  const base = alignedTo(ids, known);
  const rates = readDecimals(from, ids.length, { base: base.rates });
  const intervals = readChanges(from, base.intervals, (code) => code / MINUTES_PER_HOUR);
  const nextTimes = readChanges(
    from,
    base.nextTimes,
    (code, last) => (Number.isNaN(last) ? at : last) + unzigzag(code),
  );
  return { at, ids, rates, intervals, nextTimes, market: readMarket(from, ids.length) };
}

function writeRoster(out: ByteWriter, ids: Uint32Array, before: Uint32Array): void {
  if (isSame(ids, before)) {
    out.ascending([]);
    out.ascending([]);
    return;
  }
  const [now, then] = [new Set(ids), new Set(before)];
  out.ascending(before.filter((id) => !now.has(id)));
  out.ascending(ids.filter((id) => !then.has(id)));
}

function readRoster(from: ByteReader, before: Uint32Array): Uint32Array {
  const removed = from.ascending();
  const added = from.ascending();
  if (removed.length + added.length === 0) return before;
  const gone = new Set(removed);
  return Uint32Array.from([...before.filter((id) => !gone.has(id)), ...added]).toSorted();
}

type Base = Pick<RefreshColumns, "rates" | "intervals" | "nextTimes">;

/** The values of the refresh before for these series: zero or NaN for those that it did not have. */
function alignedTo(ids: Uint32Array, before: RefreshColumns | null): Base {
  if (before !== null && (ids === before.ids || isSame(ids, before.ids))) return before;
  const rates = new Float64Array(ids.length);
  const intervals = new Float64Array(ids.length).fill(Number.NaN);
  const nextTimes = new Float64Array(ids.length).fill(Number.NaN);
  const base = { rates, intervals, nextTimes };
  if (before === null) return base;
  let place = 0;
  ids.forEach((id, index) => {
    while (place < before.ids.length && (before.ids[place] ?? 0) < id) place += 1;
    if (before.ids[place] !== id) return;
    rates[index] = before.rates[place] ?? 0;
    intervals[index] = before.intervals[place] ?? Number.NaN;
    nextTimes[index] = before.nextTimes[place] ?? Number.NaN;
  });
  return base;
}

/** Writes the values that differ from those before, with their indexes. `codeOf` gives a whole number from 0. */
function writeChanges(
  out: ByteWriter,
  values: Float64Array,
  before: Float64Array,
  codeOf: (value: number, before: number) => number,
): void {
  const changed: number[] = [];
  values.forEach((value, index) => {
    if (!Object.is(value, before[index])) changed.push(index);
  });
  out.ascending(changed);
  for (const index of changed) {
    const value = values[index] ?? Number.NaN;
    const last = before[index] ?? Number.NaN;
    out.varint(Number.isNaN(value) ? UNKNOWN : codeOf(value, last) + 1);
  }
}

function readChanges(
  from: ByteReader,
  before: Float64Array,
  valueOf: (code: number, before: number) => number,
): Float64Array {
  const values = before.slice();
  for (const index of from.ascending()) {
    const code = from.varint();
    values[index] = code === UNKNOWN ? Number.NaN : valueOf(code - 1, before[index] ?? Number.NaN);
  }
  return values;
}

function writeMarket(out: ByteWriter, { ids, market }: RefreshColumns): void {
  const { at } = market;
  out.byte(at.length === 0 ? NONE : at.length === ids.length ? EACH : LISTED);
  if (at.length === 0) return;
  if (at.length < ids.length) out.ascending(at);
  for (const field of MARKET_FIELDS) writeAmounts(out, market[field]);
}

function readMarket(from: ByteReader, count: number): MarketColumns {
  const at = readMarketIndexes(from, count);
  const next = (): Float64Array =>
    at.length === 0 ? new Float64Array() : readAmounts(from, at.length);
  return {
    at,
    markPrices: next(),
    indexPrices: next(),
    openInterestUsd: next(),
    volume24hUsd: next(),
  };
}

function readMarketIndexes(from: ByteReader, count: number): Uint32Array {
  const which = from.byte();
  if (which === LISTED) return from.ascending();
  if (which > LISTED) throw new MalformedBytes("an unknown rule");
  return Uint32Array.from({ length: which === EACH ? count : 0 }, (_, index) => index);
}

function isSame(one: Uint32Array, other: Uint32Array): boolean {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false;
  return true;
}
