import type { ExchangeId } from "../../../domain/exchange.ts";
import { joinedAxis, joinedWhole } from "../codec/columns.ts";
import { openSections, type Section, type Sections } from "../codec/sections.ts";
import { Replay } from "../replay.ts";
import { blockEnd, blockOf, dayOf, HOUR_S, hourOf } from "../sample-times.ts";
import {
  checkedSections,
  DamagedPart,
  inPeriod,
  readable,
  requireStored,
  type RollUpContext,
  SAMPLES_AT_ONCE,
  type Slices,
} from "./context.ts";

/** A refresh of an hour may be stored this long after it: a batch waits for the database. */
const HOUR_CLOSES_AFTER_S = 120;

/** Cuts the refreshes of every closed hour into one blob in which a series is read by its offset. */
export function* closeHours(context: RollUpContext, nowS: number): Slices {
  const closed = hourOf(nowS - HOUR_CLOSES_AFTER_S);
  for (const { exchange, start } of context.store.hoursOfRefreshes(closed))
    yield* inPeriod(context, { step: "hour", exchange, start }, () =>
      closeHour(context, exchange, start),
    );
}

function* closeHour(context: RollUpContext, exchange: ExchangeId, hour: number): Slices {
  const { store, write } = context;
  const replayed = new Replay();
  let samples = 0;
  const refreshes = store.refreshes(exchange, hour, hour + HOUR_S);
  for (const refresh of refreshes) {
    samples += replayed.add(refresh);
    const [damage] = replayed.damages;
    if (damage !== undefined) throw new DamagedPart(damage);
    if (samples < SAMPLES_AT_ONCE) continue;
    samples = 0;
    yield;
  }
  const sections: Section[] = [];
  for (const section of replayed.sections()) {
    sections.push(section);
    samples += section.columns.times.length;
    if (samples < SAMPLES_AT_ONCE) continue;
    samples = 0;
    yield;
  }
  const blob = yield* checkedSections(context, sections, replayed.axis, { isAxisInside: true });
  yield;
  write(() => {
    // One that waited long was stored meanwhile: the next attempt has it.
    if (store.countRefreshes(exchange, hour, hour + HOUR_S) !== refreshes.length) return;
    store.putHours(exchange, hour, 1, blob);
    requireStored(store.hours(exchange, hour, hour + 1)[0]?.blob, blob);
    store.removeRefreshes(exchange, hour, hour + HOUR_S);
  });
  yield;
}

/** Joins the hours of every closed block: without the first values of each hour they are a fifth smaller. */
export function* joinHours(context: RollUpContext, nowS: number): Slices {
  const closed = blockOf(nowS - HOUR_CLOSES_AFTER_S);
  // Those of a day that is over become a day soon.
  for (const { exchange, start } of context.store.blocksOfSingleHours(dayOf(nowS), closed))
    yield* inPeriod(context, { step: "hours", exchange, start }, () =>
      joinBlock(context, exchange, start),
    );
}

function* joinBlock(context: RollUpContext, exchange: ExchangeId, block: number): Slices {
  const { store, write } = context;
  const end = blockEnd(block);
  // An hour of it could not be closed.
  if (store.hasRefreshes(exchange, block, end)) return;
  const hours = yield* openHours(context, exchange, block, end);
  const axis = joinedAxis(hours.map(({ sections }) => sections.axis));
  const sections = yield* sectionsOf(hours, idsOf(hours));
  const blob = yield* checkedSections(context, sections, axis, { isAxisInside: true });
  yield;
  write(() => {
    store.removeHours(exchange, block, end);
    store.putHours(exchange, block, (end - block) / HOUR_S, blob);
    requireStored(store.hours(exchange, block, end)[0]?.blob, blob);
  });
  yield;
}

/** The sections of a stored hour, or of several joined ones, that start there. */
export interface OpenHours {
  readonly start: number;
  readonly sections: Sections;
}

/** The hours that start in a range. Throws DamagedPart. */
export function* openHours(
  { store }: RollUpContext,
  exchange: ExchangeId,
  from: number,
  to: number,
): Slices<readonly OpenHours[]> {
  const hours: OpenHours[] = [];
  for (const { start, blob } of store.hours(exchange, from, to)) {
    hours.push({ start, sections: readable(start, () => openSections(blob)) });
    yield;
  }
  return hours;
}

/** The ids of all series of some hours, ascending. */
export function idsOf(hours: readonly OpenHours[]): readonly number[] {
  const ids = new Set(hours.flatMap(({ sections }) => [...sections.ids]));
  return [...ids].toSorted((one, other) => one - other);
}

/** Some series over some hours. Throws DamagedPart. */
export function* sectionsOf(
  hours: readonly OpenHours[],
  ids: readonly number[],
): Slices<readonly Section[]> {
  const joined: Section[] = [];
  let samples = 0;
  for (const seriesId of ids) {
    const pieces = hours.flatMap(
      ({ start, sections }) => readable(start, () => sections.read(seriesId)) ?? [],
    );
    const columns = joinedWhole(pieces);
    joined.push({ seriesId, columns });
    samples += columns.times.length;
    if (samples < SAMPLES_AT_ONCE) continue;
    samples = 0;
    yield;
  }
  return joined;
}
