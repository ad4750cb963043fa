import type { ExchangeId } from "../../../domain/exchange.ts";
import { type Axis, joinedAxis, joinedWhole, type SampleColumns } from "../codec/columns.ts";
import { isWhole, seal } from "../codec/envelope.ts";
import { blobWith, unpacked } from "../codec/pack.ts";
import { axisBody, openSections, type Section } from "../codec/sections.ts";
import { framesOf } from "../frames.ts";
import { DAY_S, monthOf, nextMonthOf } from "../sample-times.ts";
import { AxisReader } from "../stored-axes.ts";
import {
  checkedSections,
  inPeriod,
  readable,
  requireStored,
  type RollUpContext,
  type Slices,
} from "./context.ts";

/** Days of a series read in one slice: a few milliseconds. */
const DAYS_AT_ONCE = 8;

/** Days are kept apart for this long: from them the whole board of a moment is read to the second. */
const MERGED_AFTER_DAYS = 36;

/**
 * Merges the days of every closed month into one blob per series, with a frame of each hour. `mayMerge` is asked before
 * each series: the work is spread over many nights.
 */
export function* mergeMonths(
  context: RollUpContext,
  nowS: number,
  mayMerge: () => boolean,
): Slices {
  for (const exchange of context.store.exchanges()) {
    const due = monthOf(nowS - MERGED_AFTER_DAYS * DAY_S);
    const days = context.store.completeStarts(exchange, "day", due);
    for (const month of new Set(days.map(monthOf))) {
      const isDone = yield* inPeriod(context, { step: "month", exchange, start: month }, () =>
        mergeMonth(context, exchange, month, mayMerge),
      );
      if (isDone === false) return;
    }
  }
}

function isMerged({ store }: RollUpContext, exchange: ExchangeId, month: number): boolean {
  return (
    store.periodOf(exchange, "month", month)?.complete === true ||
    store.periodOf(exchange, "thinned", month)?.complete === true
  );
}

/** False if it was interrupted: what is done stays. Nothing is done while a day of it is not closed. */
function* mergeMonth(
  context: RollUpContext,
  exchange: ExchangeId,
  month: number,
  mayMerge: () => boolean,
): Slices<boolean> {
  const { store } = context;
  const end = nextMonthOf(month);
  if (store.hasRefreshes(exchange, month, end) || store.hasHours(exchange, month, end)) return true;
  if (!isMerged(context, exchange, month)) {
    const isDone = yield* mergeDays(context, exchange, month, mayMerge);
    if (!isDone) return false;
  }
  yield* removeDays(context, exchange, month);
  return true;
}

function* mergeDays(
  context: RollUpContext,
  exchange: ExchangeId,
  month: number,
  mayMerge: () => boolean,
): Slices<boolean> {
  const { store, write, program } = context;
  const axes = new AxisReader();
  const days = store
    .periods(exchange, month, nextMonthOf(month))
    .filter(({ span, complete }) => span === "day" && complete);
  const times: Axis[] = [];
  for (const { start, axis } of days) {
    times.push(readable(start, () => axes.add(axis)));
    yield;
  }
  const axis = joinedAxis(times);
  const period = {
    span: "month",
    start: month,
    axis: seal("axis", axisBody(axis), program),
  } as const;
  write(() => store.putPeriod(exchange, { ...period, complete: false }));
  yield;
  for (const seriesId of store.seriesIds(exchange)) {
    // Of an earlier night: what is damaged by now is merged again while its days are still there.
    const known = store.monthOf(seriesId, month);
    yield;
    if (known !== null && isWhole("sections", known)) continue;
    if (!mayMerge()) return false;
    const pieces: SampleColumns[] = [];
    for (const [n, { start }] of days.entries()) {
      const columns = dayOfSeries(context, exchange, start, seriesId, axes);
      if (columns !== null) pieces.push(columns);
      if (n % DAYS_AT_ONCE === DAYS_AT_ONCE - 1) yield;
    }
    yield;
    if (pieces.length === 0) continue;
    yield* mergeSeries(context, seriesId, month, joinedWhole(pieces), axis);
    yield;
  }
  for (const { start } of days) {
    yield* storeFrames(context, exchange, start, axes);
    yield;
  }
  write(() => store.putPeriod(exchange, { ...period, complete: true }));
  yield;
  return true;
}

function* mergeSeries(
  context: RollUpContext,
  seriesId: number,
  month: number,
  columns: SampleColumns,
  axis: Axis,
): Slices {
  const { store, write } = context;
  const blob = yield* checkedSections(context, [{ seriesId, columns }], axis, {
    isAxisInside: false,
  });
  write(() => {
    store.putMonth(seriesId, month, blob);
    requireStored(store.monthOf(seriesId, month), blob);
  });
}

function dayOfSeries(
  context: RollUpContext,
  exchange: ExchangeId,
  day: number,
  seriesId: number,
  axes: AxisReader,
): SampleColumns | null {
  const pack = context.store.dayPack(exchange, day, seriesId);
  return readable(day, () => {
    const blob = pack === null ? null : blobWith(pack, seriesId);
    return blob === null ? null : openSections(blob, axes.finder).read(seriesId);
  });
}

function* storeFrames(
  context: RollUpContext,
  exchange: ExchangeId,
  day: number,
  axes: AxisReader,
): Slices {
  const { store, write } = context;
  const sections: Section[] = [];
  for (const pack of store.dayPacks(exchange, day)) {
    for (const { blob } of readable(day, () => unpacked(pack))) {
      const group = readable(day, () => openSections(blob, axes.finder));
      for (const [place, seriesId] of group.ids.entries())
        sections.push({ seriesId, columns: framesOf(readable(day, () => group.at(place))) });
    }
    yield;
  }
  const times = new Set(sections.flatMap(({ columns }) => [...columns.times]));
  const axis = Float64Array.from(times).toSorted();
  const blob = yield* checkedSections(context, sections, axis, { isAxisInside: true });
  write(() => {
    store.putFrame(exchange, day, blob);
    requireStored(store.frameOf(exchange, day), blob);
  });
}

/** Removes the days of a merged month, each in a transaction of its own. */
function* removeDays({ store, write }: RollUpContext, exchange: ExchangeId, month: number): Slices {
  for (const { span, start } of store.periods(exchange, month, nextMonthOf(month))) {
    if (span !== "day") continue;
    write(() => {
      store.removeDay(exchange, start);
      store.removePeriod(exchange, "day", start);
    });
    yield;
  }
}
