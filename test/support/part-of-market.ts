import { Market } from "../../src/simulator/running-market.ts";
import type { ExchangeId } from "../../src/domain/exchange.ts";
import { NOON_MS } from "./quote.ts";

/** The part of a large exchange's market that shows what all of it would. */
export const PART = 0.2;

/** In a smaller part of these, the handful of listings that are not to be shown would be too large a share. */
const LARGER_PARTS: ReadonlyMap<ExchangeId, number> = new Map([
  ["bitget", 0.35],
  ["delta", 0.7],
  ["orderly", 1],
]);

/** Instruments of one exchange that are enough for most tests; more only take longer. */
const ENOUGH_ROWS = 90;

const whole = new Market({ nowMs: () => NOON_MS });
const parts = new Map<ExchangeId, number>();

/** The part of the market in which an exchange has about this many. */
export function partFor(id: ExchangeId): number {
  const known = parts.get(id);
  if (known !== undefined) return known;
  const part = Math.min(
    1,
    Math.max(LARGER_PARTS.get(id) ?? PART, ENOUGH_ROWS / whole.truth(id).instruments.length),
  );
  parts.set(id, part);
  return part;
}
