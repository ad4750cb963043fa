import type { ExchangeId } from "../../../domain/exchange.ts";
import type { Snapshot } from "../../../domain/market.ts";
import { type Coverage, coverageOf } from "../../../services/board/coverage.ts";

type Exchanges = readonly ExchangeId[] | null;

/** The exchanges requested for the legs of pairs; null: any. */
interface RequestedLegs {
  readonly exchange: Exchanges;
  readonly exclude: Exchanges;
  readonly long_exchange: Exchanges;
  readonly short_exchange: Exchanges;
}

/**
 * The coverage of a list of pairs: the exchanges that either leg may be on. If all exchanges of one leg are missing and
 * have no rows left, there are no pairs to report, however many deliver the other leg.
 */
export function pairCoverage(snapshot: Snapshot, asked: RequestedLegs): Coverage {
  const { exchange, exclude, long_exchange: long, short_exchange: short } = asked;
  const sides = [long, short];
  for (const side of sides) {
    if (side === null) continue;
    const ofSide = coverageOf(snapshot, { exchange: within(side, exchange), exclude });
    if (ofSide.hasNothing) return ofSide;
  }
  const named = within(
    sides.flatMap((side) => side ?? []),
    exchange,
  );
  const others = sides.includes(null) ? (exchange ?? collectedIn(snapshot)) : [];
  return coverageOf(snapshot, { exchange: [...named, ...others], exclude });
}

function within(side: readonly ExchangeId[], exchange: Exchanges): readonly ExchangeId[] {
  return exchange === null ? side : side.filter((id) => exchange.includes(id));
}

function collectedIn({ exchanges }: Snapshot): readonly ExchangeId[] {
  return exchanges.flatMap((view) => (view.status === "off" ? [] : [view.exchange]));
}
