/** How much longer a spread lasts that has lasted for some time, from all that were seen. Times are unix ms. */
import { HOUR_MS } from "../../domain/funding.ts";
import { type Spell, SpellTable, type Survival } from "./kaplan-meier.ts";

/** A pair that was an opportunity for some time. */
export interface SeenSpread {
  readonly longExchange: string;
  readonly shortExchange: string;
  readonly firstSeenMs: number;
  /** The last time at which it was seen open. */
  readonly lastSeenMs: number;
  /** Null while it is open. */
  readonly endedMs: number | null;
  /** The highest net yield while it lasted, percent a year; null: the fees are unknown. */
  readonly peakNetPct: number | null;
  /** How much of the time was not observed, because this service was down. */
  readonly unobservedMs: number;
}

export interface PersistenceQuery {
  /** Spreads whose net yield reached this count, percent a year. */
  readonly minNetPct: number;
  /** Nothing that ended before this is among the spreads: what is older counts from its age at this time. */
  readonly sinceMs: number;
}

/** The defaults; `sinceMs` is the start of what is stored. */
export const PERSISTENCE_DEFAULTS: Omit<PersistenceQuery, "sinceMs"> = { minNetPct: 0 };

/** The ages of a spread, in hours: figures are for those that have reached exactly this age. */
export const PERSISTENCE_AGES_HOURS = [0, 1, 3, 8, 24, 72] as const;
/** How many hours more. */
export const PERSISTENCE_HORIZONS_HOURS = [1, 3, 8, 24] as const;

/** The end of a spread that was unobserved for a larger part of its life is too uncertain. */
export const MAX_UNOBSERVED_SHARE = 0.1;

/** The share of the spreads of this age that lasted this much longer. */
export interface Persistence extends Survival {
  readonly ageHours: number;
  readonly horizonHours: number;
}

export interface ExchangePairPersistence {
  readonly longExchange: string;
  readonly shortExchange: string;
  readonly spreads: number;
  readonly open: number;
  readonly rows: readonly Persistence[];
}

export interface PersistenceReport {
  /** Spreads that count; how many of them are open, which are censored at their last observation. */
  readonly spreads: number;
  readonly open: number;
  /** Spreads that qualify, but were unobserved for too long. */
  readonly leftOut: number;
  /** All exchanges together, by age, then horizon. */
  readonly rows: readonly Persistence[];
  /** By pair of exchanges, those with the most spreads first, then by name. */
  readonly pairs: readonly ExchangePairPersistence[];
}

/**
 * A spread is chosen by its highest yield, of which nothing was known when it was young: a high `minNetPct` therefore
 * favours spreads that lasted.
 */
export function persistence(
  spreads: readonly SeenSpread[],
  query: PersistenceQuery,
): PersistenceReport {
  const all: Spell[] = [];
  const groups = new Map<string, { readonly spread: SeenSpread; readonly spells: Spell[] }>();
  let leftOut = 0;
  for (const spread of spreads) {
    if (spread.peakNetPct === null || spread.peakNetPct < query.minNetPct) continue;
    const spell = spellOf(spread, query.sinceMs);
    if (spread.unobservedMs > MAX_UNOBSERVED_SHARE * (spread.lastSeenMs - spread.firstSeenMs)) {
      leftOut += 1;
      continue;
    }
    all.push(spell);
    const key = `${spread.longExchange} ${spread.shortExchange}`;
    const group = groups.get(key) ?? { spread, spells: [] };
    group.spells.push(spell);
    groups.set(key, group);
  }
  const pairs = [...groups.values()].map(
    ({ spread: { longExchange, shortExchange }, spells }): ExchangePairPersistence => ({
      longExchange,
      shortExchange,
      spreads: spells.length,
      open: openOf(spells),
      rows: rowsOf(spells),
    }),
  );
  return {
    spreads: all.length,
    open: openOf(all),
    leftOut,
    rows: rowsOf(all),
    pairs: pairs.toSorted(
      (left, right) =>
        right.spreads - left.spreads ||
        compareTexts(left.longExchange, right.longExchange) ||
        compareTexts(left.shortExchange, right.shortExchange),
    ),
  };
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Ages in ms. An end is dated by when it was noticed. */
function spellOf({ firstSeenMs, lastSeenMs, endedMs }: SeenSpread, sinceMs: number): Spell {
  return {
    entryAge: Math.max(0, sinceMs - firstSeenMs),
    exitAge: (endedMs ?? lastSeenMs) - firstSeenMs,
    hasEnded: endedMs !== null,
  };
}

function openOf(spells: readonly Spell[]): number {
  return spells.filter(({ hasEnded }) => !hasEnded).length;
}

function rowsOf(spells: readonly Spell[]): readonly Persistence[] {
  const table = new SpellTable(spells);
  return PERSISTENCE_AGES_HOURS.flatMap((ageHours) =>
    PERSISTENCE_HORIZONS_HOURS.map((horizonHours) => ({
      ageHours,
      horizonHours,
      ...table.survival(ageHours * HOUR_MS, horizonHours * HOUR_MS),
    })),
  );
}
