import type { ExchangeId } from "../../../domain/exchange.ts";
import { type Axis, joinedAxis } from "../codec/columns.ts";
import { seal } from "../codec/envelope.ts";
import { packed, type PackedBlob } from "../codec/pack.ts";
import { axisBody } from "../codec/sections.ts";
import { DAY_S, dayOf } from "../sample-times.ts";
import { idsOf, type OpenHours, openHours, sectionsOf } from "./close-hours.ts";
import {
  checkedSections,
  inPeriod,
  requireStored,
  type RollUpContext,
  type Slices,
} from "./context.ts";

/** Days are closed this long after midnight UTC, when their last hours are and the market is quiet again. */
export const DAY_CLOSES_AFTER_S = 20 * 60;

/** Series in one blob of a day. Sixteen would be 2 % smaller, but whoever reads one has to decompress them all. */
const SERIES_PER_BLOB = 4;
/** Series in one row of a day: some 20 KB, of which the last page is half empty. */
const SERIES_PER_PACK = 16;

/** Turns the hours of every closed day into packs of a few series each. */
export function* closeDays(context: RollUpContext, nowS: number): Slices {
  const closed = dayOf(nowS - DAY_CLOSES_AFTER_S);
  for (const { exchange, start } of context.store.daysOfHours(closed))
    yield* inPeriod(context, { step: "day", exchange, start }, () =>
      closeDay(context, exchange, start),
    );
}

function* closeDay(context: RollUpContext, exchange: ExchangeId, day: number): Slices {
  const { store, write, program } = context;
  // An hour of it could not be closed.
  if (store.hasRefreshes(exchange, day, day + DAY_S)) return;
  const hours = yield* openHours(context, exchange, day, day + DAY_S);
  if (store.periodOf(exchange, "day", day)?.complete === true) {
    // Written by a clock that was wrong: a few samples are less than a day.
    write(() => store.removeHours(exchange, day, day + DAY_S));
    return;
  }
  const axis = joinedAxis(hours.map(({ sections }) => sections.axis));
  const axisBlob = seal("axis", axisBody(axis), program);
  const period = { span: "day", start: day, axis: axisBlob } as const;
  write(() => {
    // What an interrupted attempt has left.
    store.removeDay(exchange, day);
    store.putPeriod(exchange, { ...period, complete: false });
  });
  yield;
  const ids = idsOf(hours);
  for (let first = 0; first < ids.length; first += SERIES_PER_PACK) {
    const packIds = ids.slice(first, first + SERIES_PER_PACK);
    const pack = yield* packOf(context, hours, packIds, axis);
    const [firstId = 0] = packIds;
    write(() => {
      store.putDay(exchange, day, firstId, pack);
      requireStored(store.dayPack(exchange, day, firstId), pack);
    });
    yield;
  }
  write(() => {
    store.putPeriod(exchange, { ...period, complete: true });
    store.removeHours(exchange, day, day + DAY_S);
  });
  yield;
}

function* packOf(
  context: RollUpContext,
  hours: readonly OpenHours[],
  ids: readonly number[],
  axis: Axis,
): Slices<Uint8Array> {
  const parts: PackedBlob[] = [];
  for (let first = 0; first < ids.length; first += SERIES_PER_BLOB) {
    const blobIds = ids.slice(first, first + SERIES_PER_BLOB);
    const sections = yield* sectionsOf(hours, blobIds);
    const blob = yield* checkedSections(context, sections, axis, { isAxisInside: false });
    const [firstSeriesId = 0] = blobIds;
    parts.push({ firstSeriesId, blob });
    yield;
  }
  return packed(parts);
}
