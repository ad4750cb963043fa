import type { PairFrameReader } from "../db/history/pair-frame-repository.ts";
import { roundTripFeesPct } from "../domain/arbitrage.ts";
import { flatTable } from "../lib/flat-table.ts";
import type { Stepwise } from "../lib/stepwise.ts";
import { type PairTerms, PersistenceCount } from "../services/history/persistence.ts";
import {
  MAX_PAIR_HOURS,
  PERSISTENCE_COLUMNS,
  type PersistenceAnswer,
  persistenceRows,
  type PersistenceTableQuery,
} from "../services/history/persistence-table.ts";
import type { KnownPast } from "./known-past.ts";

/** What the persistence of spreads is counted from. */
export interface KnownPairs extends KnownPast {
  readonly frames: PairFrameReader;
}

/** How long spreads lasted: reading a frame is a step, and counting it another. A damaged frame is left out, like an hour without observation. */
export function* persistenceTable(
  known: KnownPairs,
  query: PersistenceTableQuery,
): Stepwise<PersistenceAnswer> {
  const count = new PersistenceCount(query, termsOf(known, query));
  yield;
  let unreadableHours = 0;
  const leaveOut = (atS: number): void => {
    if (atS >= query.fromS) unreadableHours += 1;
  };
  let pairHours = 0;
  for (const frame of known.frames.read(query.fromS, query.toS, leaveOut)) {
    pairHours += frame.steps.length;
    if (pairHours > MAX_PAIR_HOURS) return { kind: "too_wide", pairHours };
    yield;
    count.add(frame);
    yield;
  }
  const report = count.report();
  const { spreads, open, fromS, toS, hours } = report;
  yield;
  const table = yield* flatTable(PERSISTENCE_COLUMNS, persistenceRows(report));
  return { kind: "table", table, spreads, open, fromS, toS, hours, unreadableHours };
}

/** Pairs of other exchanges are left out, like those of unknown fees. */
function termsOf({ past }: KnownPairs, query: PersistenceTableQuery): PairTerms {
  const exchanges = new Map(past.everySeries().map(({ id, exchange }) => [id, exchange]));
  const takerBps = new Map<string, number>(query.takerBps);
  const longs = query.longExchanges === null ? null : new Set<string>(query.longExchanges);
  const shorts = query.shortExchanges === null ? null : new Set<string>(query.shortExchanges);
  return {
    exchangeOf: (seriesId) => exchanges.get(seriesId) ?? null,
    feesPct: (long, short) => {
      const [longBps, shortBps] = [takerBps.get(long), takerBps.get(short)];
      if (longBps === undefined || shortBps === undefined) return null;
      const isAsked = (longs?.has(long) ?? true) && (shorts?.has(short) ?? true);
      return isAsked ? roundTripFeesPct(longBps, shortBps) : null;
    },
  };
}
