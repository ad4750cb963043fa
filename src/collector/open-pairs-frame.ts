import { opportunityPct } from "../domain/opportunity.ts";
import { makePairFrame, NOT_MET, type PairFrame, yieldStepOf } from "../domain/pair-frame.ts";
import type { MarketLeg, MarketLegs } from "./market-legs.ts";

interface FramedPair {
  readonly shortId: number;
  readonly firstSeen: number;
  readonly step: number;
}

/** All open pairs as of the last check. `seriesOf`: see OpportunityTracker.frame. */
export function openPairsFrame(
  legs: MarketLegs,
  at: number,
  seriesOf: (instrumentId: number) => number | null,
): PairFrame {
  // Each is asked for once: an instrument is in a dozen pairs.
  const ids = new Map<number, number>();
  for (const { id } of legs.all()) {
    const seriesId = seriesOf(id);
    if (seriesId !== null) ids.set(id, seriesId);
  }
  const longs = [...legs.all()]
    .flatMap((leg) => {
      const id = leg.pairs.count === 0 ? undefined : ids.get(leg.id);
      return id === undefined ? [] : [{ id, pairs: pairsOf(leg, legs, ids) }];
    })
    .toSorted((one, other) => one.id - other.id);
  const count = longs.reduce((sum, { pairs }) => sum + pairs.length, 0);
  const frame = makePairFrame(at, count);
  let index = 0;
  for (const { id, pairs } of longs)
    for (const { shortId, firstSeen, step } of pairs) {
      frame.longIds[index] = id;
      frame.shortIds[index] = shortId;
      frame.firstSeen[index] = firstSeen;
      frame.steps[index] = step;
      index += 1;
    }
  return frame;
}

function pairsOf(
  long: MarketLeg,
  legs: MarketLegs,
  ids: ReadonlyMap<number, number>,
): readonly FramedPair[] {
  const pairs: FramedPair[] = [];
  long.pairs.forEach((id, firstSeen, isMet) => {
    const shortId = ids.get(id);
    if (shortId === undefined) return;
    const short = isMet ? legs.find(id) : undefined;
    const grossPct = short === undefined ? null : opportunityPct(long, short);
    pairs.push({ shortId, firstSeen, step: grossPct === null ? NOT_MET : yieldStepOf(grossPct) });
  });
  return pairs.toSorted((one, other) => one.shortId - other.shortId);
}
