import { cell, INSTRUMENT_ID_BOUND } from "../../domain/opportunity-columns.ts";
import type { AssetGroup, Leg } from "../finder/asset-groups.ts";

/**
 * The trusted legs of a snapshot as columns. A place is an index into them: the legs of one asset are neighbours,
 * ordered by id, so that going through `byId` and, for each, through its asset meets all pairs in the order of their keys.
 */
export class OpportunityLegs {
  readonly count: number;
  /** Legs that are not here because no pair with their id fits into one number. */
  readonly omitted: number;
  /** Places, by the id of the instrument. */
  readonly byId: Uint32Array;
  readonly ids: Uint32Array;
  /** Percent a year; NaN where it is unknown, which is no more and no less than anything. */
  readonly annualizedPct: Float64Array;
  readonly exchanges: string[];
  /** Of one unit of the asset; NaN where it is unknown. */
  readonly unitPrices: Float64Array;
  /** By place: where its asset begins, and where it ends. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;

  constructor(groups: readonly AssetGroup[]) {
    const legs: Leg[] = [];
    const groupOf: number[] = [];
    const starts = new Uint32Array(groups.length + 1);
    let omitted = 0;
    for (const [index, { trusted }] of groups.entries()) {
      for (const leg of trusted) {
        if (leg.row.record.instrumentId >= INSTRUMENT_ID_BOUND) {
          omitted += 1;
          continue;
        }
        legs.push(leg);
        groupOf.push(index);
      }
      starts[index + 1] = legs.length;
    }
    const count = legs.length;
    this.count = count;
    this.omitted = omitted;
    this.byId = new Uint32Array(count);
    this.ids = new Uint32Array(count);
    this.annualizedPct = new Float64Array(count);
    this.exchanges = Array.from({ length: count }, () => "");
    this.unitPrices = new Float64Array(count);
    this.starts = new Uint32Array(count);
    this.ends = new Uint32Array(count);
    this.#place(legs, groupOf, starts);
  }

  /** Dealing the legs out to their assets in the order of their ids leaves each asset in that order, too. */
  #place(legs: readonly Leg[], groupOf: readonly number[], starts: Uint32Array): void {
    const nextPlace = starts.slice();
    const order = orderById(legs);
    for (let rank = 0; rank < order.length; rank += 1) {
      const index = cell(order, rank);
      const leg = legs[index];
      const group = groupOf[index];
      if (leg === undefined || group === undefined) continue;
      const place = cell(nextPlace, group);
      nextPlace[group] = place + 1;
      this.byId[rank] = place;
      this.ids[place] = leg.row.record.instrumentId;
      this.annualizedPct[place] = leg.annualizedPct ?? Number.NaN;
      this.exchanges[place] = leg.row.record.exchange;
      this.unitPrices[place] = leg.unitPrice ?? Number.NaN;
      this.starts[place] = cell(starts, group);
      this.ends[place] = cell(starts, group + 1);
    }
  }
}

/**
 * The indices of the legs, by id. Numbers sort ten times as fast as objects, and an id with the index of a leg is an
 * exact one: ids have 26 bits, which leaves 27 for the index.
 */
function orderById(legs: readonly Leg[]): Float64Array {
  const { length } = legs;
  const order = new Float64Array(length);
  let next = 0;
  for (const { row } of legs) {
    order[next] = row.record.instrumentId * length + next;
    next += 1;
  }
  order.sort();
  return order.map((packed) => packed % length);
}
