import type { ExchangeId } from "../../../domain/exchange.ts";
import { joinedAxis, joinedWhole } from "../codec/columns.ts";
import { openSections, type Section, type Sections } from "../codec/sections.ts";
import { replay } from "../replay.ts";
import { blockOf, dayOf, HOUR_S, hourOf, JOINED_HOURS } from "../sample-times.ts";
import {
  checkedSections,
  ifReadable,
  requireStored,
  type RollUpContext,
  type Slices,
} from "./context.ts";

/** A refresh of an hour may be stored this long after it: a batch waits for the database. */
const HOUR_CLOSES_AFTER_S = 120;

/** Series joined in one slice. */
const SERIES_AT_ONCE = 50;

/** Cuts the refreshes of every closed hour into one blob in which a series is read by its offset. */
export function* closeHours(context: RollUpContext, nowS: number): Slices {
  const closed = hourOf(nowS - HOUR_CLOSES_AFTER_S);
  // Each pass closes one hour of each exchange that has any.
  for (;;) {
    const oldest = context.store.oldestRefreshes(closed);
    if (oldest.length === 0) return;
    for (const { exchange, at } of oldest) yield* closeHour(context, exchange, hourOf(at));
  }
}

function* closeHour(context: RollUpContext, exchange: ExchangeId, hour: number): Slices {
  const { store, write, onDamage } = context;
  const { axis, sections, damages } = replay(store.refreshes(exchange, hour, hour + HOUR_S));
  for (const damage of damages) onDamage(exchange, damage);
  yield;
  const blob = yield* checkedSections(context, sections, axis, { isAxisInside: true });
  yield;
  write(() => {
    store.putHours(exchange, hour, 1, blob);
    requireStored(store.hours(exchange, hour, hour + 1)[0]?.blob, blob);
    store.removeRefreshes(exchange, hour, hour + HOUR_S);
  });
  yield;
}

/** Joins the hours of every closed block: without the first values of each hour they are a fifth smaller. */
export function* joinHours(context: RollUpContext, nowS: number): Slices {
  const closed = blockOf(nowS - HOUR_CLOSES_AFTER_S);
  for (;;) {
    // Those of a day that is over become a day soon.
    const oldest = context.store.oldestSingleHours(dayOf(nowS), closed);
    if (oldest.length === 0) return;
    for (const { exchange, at } of oldest) yield* joinBlock(context, exchange, blockOf(at));
  }
}

function* joinBlock(context: RollUpContext, exchange: ExchangeId, block: number): Slices {
  const { store, write } = context;
  const end = block + JOINED_HOURS * HOUR_S;
  const hours = store.hours(exchange, block, end).flatMap(({ start, blob }) => {
    const hour = ifReadable(context, exchange, start, () => openSections(blob));
    return hour === null ? [] : [hour];
  });
  const axis = joinedAxis(hours.map((hour) => hour.axis));
  const sections: Section[] = [];
  for (const id of idsOf(hours)) {
    sections.push(sectionOf(hours, id));
    if (sections.length % SERIES_AT_ONCE === 0) yield;
  }
  const blob = yield* checkedSections(context, sections, axis, { isAxisInside: true });
  yield;
  write(() => {
    store.removeHours(exchange, block, end);
    store.putHours(exchange, block, JOINED_HOURS, blob);
    requireStored(store.hours(exchange, block, end)[0]?.blob, blob);
  });
  yield;
}

/** The ids of all series of some hours, ascending. */
export function idsOf(hours: readonly Sections[]): readonly number[] {
  return [...new Set(hours.flatMap((hour) => [...hour.ids]))].toSorted((one, other) => one - other);
}

/** A series over some hours. */
export function sectionOf(hours: readonly Sections[], seriesId: number): Section {
  const pieces = hours.flatMap((hour) => hour.read(seriesId) ?? []);
  return { seriesId, columns: joinedWhole(pieces) };
}
