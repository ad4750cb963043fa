import type { ExchangeId } from "../../../domain/exchange.ts";
import { seal } from "../codec/envelope.ts";
import { axisBody, axisChecksum, openSections } from "../codec/sections.ts";
import { thinned, thinnedAxis } from "../frames.ts";
import type { StoredPeriod } from "../sample-store.ts";
import { DAY_S, monthOf } from "../sample-times.ts";
import { AxisReader } from "../stored-axes.ts";
import {
  checkedSections,
  inPeriod,
  readable,
  requireStored,
  type RollUpContext,
  type Slices,
} from "./context.ts";

/** Months are kept in full for this long. */
const THINNED_AFTER_DAYS = 90;

/** Thins every month of a certain age to one sample in five minutes, prices and amounts to one in an hour. */
export function* thinMonths(context: RollUpContext, nowS: number): Slices {
  const due = monthOf(nowS - THINNED_AFTER_DAYS * DAY_S);
  for (const exchange of context.store.exchanges())
    for (const start of context.store.completeStarts(exchange, "month", due)) {
      const month = context.store.periodOf(exchange, "month", start);
      if (month !== null)
        yield* inPeriod(context, { step: "thinned", exchange, start }, () =>
          thinMonth(context, exchange, month),
        );
    }
}

function* thinMonth(context: RollUpContext, exchange: ExchangeId, month: StoredPeriod): Slices {
  const { store, write, program } = context;
  const { start } = month;
  const axes = new AxisReader();
  const axis = thinnedAxis(readable(start, () => axes.add(month.axis)));
  const axisBlob = seal("axis", axisBody(axis), program);
  axes.add(axisBlob);
  const period = { span: "thinned", start, axis: axisBlob } as const;
  // Beside the full times until the end: each blob says which of them it has.
  write(() => store.putPeriod(exchange, { ...period, complete: false }));
  yield;
  const sum = axisChecksum(axis);
  for (const seriesId of store.seriesIds(exchange)) {
    const blob = store.monthOf(seriesId, start);
    yield;
    if (blob === null) continue;
    const read = readable(start, () => openSections(blob, axes.finder));
    if (axisChecksum(read.axis) === sum) continue;
    const columns = readable(start, () => read.read(seriesId));
    if (columns === null) continue;
    const sections = [{ seriesId, columns: thinned(columns, axis) }];
    const made = yield* checkedSections(context, sections, axis, { isAxisInside: false });
    write(() => {
      store.putMonth(seriesId, start, made);
      requireStored(store.monthOf(seriesId, start), made);
    });
    yield;
  }
  write(() => {
    store.putPeriod(exchange, { ...period, complete: true });
    store.removePeriod(exchange, "month", start);
  });
  yield;
}
