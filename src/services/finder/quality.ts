import type { Identity } from "../../domain/asset-cluster.ts";
import { type Flag, flagNames } from "../../domain/flags.ts";
import type { ExchangeView, Snapshot } from "../../domain/market.ts";
import { IMPLAUSIBLE } from "../../domain/plausibility.ts";
import { type Stepwise, visitEach } from "../../lib/stepwise.ts";

/** The quality of one exchange's data, counted over its rows in one snapshot. */
export interface ExchangeQuality {
  readonly view: ExchangeView;
  /** Rows by flag; a row with two flags counts twice. */
  readonly flagged: Readonly<Partial<Record<Flag, number>>>;
  readonly identities: Readonly<Record<Identity, number>>;
  /** Rows where the rest of the market contradicts this field. */
  readonly implausible: {
    readonly volume: number;
    readonly openInterest: number;
    readonly rate: number;
  };
}

/** The quality of every exchange in a snapshot, ordered by id. */
export function* qualityOf(snapshot: Snapshot): Stepwise<readonly ExchangeQuality[]> {
  const tallies = new Map(snapshot.exchanges.map((view) => [view.exchange, newTally(view)]));
  yield* visitEach(snapshot.rows, ({ record, flags }) => {
    const tally = tallies.get(record.exchange);
    if (tally === undefined) return;
    for (const flag of flagNames(flags)) tally.flagged[flag] = (tally.flagged[flag] ?? 0) + 1;
    tally.identities[record.identity] += 1;
    if ((record.implausible & IMPLAUSIBLE.volume) !== 0) tally.implausible.volume += 1;
    if ((record.implausible & IMPLAUSIBLE.openInterest) !== 0) tally.implausible.openInterest += 1;
    if ((record.implausible & IMPLAUSIBLE.rate) !== 0) tally.implausible.rate += 1;
  });
  return [...tallies.values()].toSorted((left, right) =>
    left.view.exchange < right.view.exchange ? -1 : 1,
  );
}

function newTally(view: ExchangeView) {
  const flagged: Partial<Record<Flag, number>> = {};
  return {
    view,
    flagged,
    identities: { confirmed: 0, probable: 0, conflict: 0 },
    implausible: { volume: 0, openInterest: 0, rate: 0 },
  };
}
