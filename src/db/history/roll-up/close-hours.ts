import type { ExchangeId } from "../../../domain/exchange.ts";
import { replay } from "../replay.ts";
import { HOUR_S, hourOf } from "../sample-times.ts";
import { checkedSections, requireStored, type RollUpContext, type Slices } from "./context.ts";

/** A refresh of an hour may be stored this long after it: a batch waits for the database. */
const HOUR_CLOSES_AFTER_S = 120;

/** Cuts the refreshes of every closed hour into one blob in which a series is read by its offset. */
export function* closeHours(context: RollUpContext, nowS: number): Slices {
  const closed = hourOf(nowS - HOUR_CLOSES_AFTER_S);
  // Each pass closes at least one hour of each exchange that has any.
  for (;;) {
    const oldest = context.store.oldestRefreshes(closed);
    if (oldest.length === 0) return;
    for (const { exchange, at } of oldest) {
      closeHour(context, exchange, hourOf(at));
      yield;
    }
  }
}

function closeHour(context: RollUpContext, exchange: ExchangeId, hour: number): void {
  const { store, write, onDamage } = context;
  const blobs = store.refreshes(exchange, hour, hour + HOUR_S);
  const { axis, sections, damages } = replay(blobs);
  for (const damage of damages) onDamage(exchange, damage);
  const blob = checkedSections(context, sections, axis, { isAxisInside: true });
  write(() => {
    store.putHour(exchange, hour, blob);
    requireStored(store.hours(exchange, hour, hour + 1)[0]?.blob, blob);
    store.removeRefreshes(exchange, hour, hour + HOUR_S);
  });
}
