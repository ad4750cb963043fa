import type { ExchangeId } from "../../../domain/exchange.ts";
import { type Axis, joinedAxis, joinedWhole, type SampleColumns } from "../codec/columns.ts";
import { seal } from "../codec/envelope.ts";
import { blobWith, unpacked } from "../codec/pack.ts";
import { axisBody, openSections, type Section } from "../codec/sections.ts";
import { framesOf } from "../frames.ts";
import { DAY_S, monthOf, nextMonthOf } from "../sample-times.ts";
import { AxisReader } from "../stored-axes.ts";
import {
  checkedSections,
  ifReadable,
  requireStored,
  type RollUpContext,
  type Slices,
} from "./context.ts";

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
      if (!isMerged(context, exchange, month)) {
        const isDone = yield* mergeMonth(context, exchange, month, mayMerge);
        if (!isDone) return;
      }
      yield* removeDays(context, exchange, month);
    }
  }
}

function isMerged({ store }: RollUpContext, exchange: ExchangeId, month: number): boolean {
  return (
    store.periodOf(exchange, "month", month)?.complete === true ||
    store.periodOf(exchange, "thinned", month)?.complete === true
  );
}

/** False if it was interrupted: what is done stays. */
function* mergeMonth(
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
  const readable = days.flatMap(({ start, axis: blob }) => {
    const axis = ifReadable(context, exchange, start, () => axes.add(blob));
    return axis === null ? [] : [{ start, axis }];
  });
  const axis = joinedAxis(readable.map((day) => day.axis));
  const period = {
    span: "month",
    start: month,
    axis: seal("axis", axisBody(axis), program),
  } as const;
  write(() => store.putPeriod(exchange, { ...period, complete: false }));
  yield;
  for (const seriesId of store.seriesIds(exchange)) {
    if (store.monthOf(seriesId, month) !== null) continue;
    if (!mayMerge()) return false;
    const pieces = readable.flatMap(
      ({ start }) => dayOfSeries(context, exchange, start, seriesId, axes) ?? [],
    );
    yield;
    if (pieces.length === 0) continue;
    yield* mergeSeries(context, seriesId, month, joinedWhole(pieces), axis);
    yield;
  }
  for (const { start } of readable) {
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
  return ifReadable(context, exchange, day, () => {
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
    for (const { blob } of ifReadable(context, exchange, day, () => unpacked(pack)) ?? []) {
      const group = ifReadable(context, exchange, day, () => openSections(blob, axes.finder));
      if (group === null) continue;
      for (const [place, seriesId] of group.ids.entries())
        sections.push({ seriesId, columns: framesOf(group.at(place)) });
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
