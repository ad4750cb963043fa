/** How much longer a spread lasts that is seen now, from the pairs that were open at each full hour. */
import { comparePairs, NOT_MET, type PairFrame, yieldPctOf } from "../../domain/pair-frame.ts";
import { netAprPct } from "../../domain/arbitrage.ts";
import { LifeTable, type Survival } from "./kaplan-meier.ts";

export interface PersistenceQuery {
  /** Spreads whose net yield is at least this when they are seen, percent a year. */
  readonly minNetPct: number;
  /** The time over which the fees of the net yield are spread. */
  readonly holdHours: number;
  /** How far back. */
  readonly days: number;
}

export const PERSISTENCE_DEFAULTS: PersistenceQuery = { minNetPct: 0, holdHours: 24, days: 7 };

/** The ages of a spread at which it is seen, in full hours. */
export const PERSISTENCE_AGES_HOURS = [0, 1, 3, 8, 24, 72] as const;
/** How many hours more. */
export const PERSISTENCE_HORIZONS_HOURS = [1, 3, 8, 24] as const;

const LONGEST_HOURS = Math.max(...PERSISTENCE_HORIZONS_HOURS);
const HOUR_S = 3_600;
const AGES = PERSISTENCE_AGES_HOURS.length;

/** Of the spreads that were seen at this age, how many lasted this much longer. */
export interface Persistence extends Survival {
  readonly ageHours: number;
  readonly horizonHours: number;
}

export interface ExchangePairPersistence {
  readonly longExchange: string;
  readonly shortExchange: string;
  /** Sightings of spreads, one for each age that a spread was seen at. */
  readonly spreads: number;
  readonly rows: readonly Persistence[];
}

export interface PersistenceReport {
  readonly spreads: number;
  /** Those whose end is not known: still open, or open when observation was interrupted. */
  readonly open: number;
  /** Unix seconds of the first and the last full hour that was looked at; null if there is none. */
  readonly fromS: number | null;
  readonly toS: number | null;
  /** Full hours. */
  readonly hours: number;
  /** All exchanges together, by age, then horizon. */
  readonly rows: readonly Persistence[];
  /** By pair of exchanges, those with the most spreads first, then by name. */
  readonly pairs: readonly ExchangePairPersistence[];
}

/** What frames do not contain. */
export interface PairTerms {
  /** The exchange of a series; null: unknown, its pairs are left out. */
  exchangeOf(seriesId: number): string | null;
  /** The fees of a round trip in percent of one side's notional; null: unknown, such pairs are left out. */
  feesPct(longExchange: string, shortExchange: string): number | null;
}

/**
 * Goes through the frames once, oldest first. A spread is seen at most once at each age, at the full hour in which it
 * has that age, and counts if its net yield is high enough at that moment: nothing that came later decides whether it
 * counts. Its end is the first full hour without it. Where a frame is missing, everything is censored at the one before.
 */
export class PersistenceCount {
  readonly #query: PersistenceQuery;
  readonly #terms: PairTerms;
  readonly #groups = new Map<string, Group>();
  readonly #exchanges = new Map<number, string | null>();
  /** By long and short exchange, without a string for each pair. */
  readonly #groupOf = new Map<string | null, Map<string | null, Group | null>>();
  #before: PairFrame | null = null;
  /** For each pair of #before and each age: the full hour at which it was seen, 0 if it was not, or was counted. */
  #seen = new Uint32Array();
  #from: number | null = null;
  #hours = 0;

  constructor(query: PersistenceQuery, terms: PairTerms) {
    this.#query = query;
    this.#terms = terms;
  }

  /** Adds the next frame. */
  add(frame: PairFrame): void {
    const before = this.#before;
    const seen = new Uint32Array(frame.steps.length * AGES);
    const isNext = before !== null && frame.at - before.at === HOUR_S;
    if (before !== null && !isNext) this.#censorAll(before);
    if (before !== null && isNext) this.#follow(before, frame, seen);
    this.#see(frame, seen);
    this.#before = frame;
    this.#seen = seen;
    this.#from ??= frame.at;
    this.#hours += 1;
  }

  /** What was counted; no frame may be added afterwards. */
  report(): PersistenceReport {
    const last = this.#before;
    if (last !== null) this.#censorAll(last);
    const groups = [...this.#groups.values()];
    const all = tables();
    for (const group of groups)
      for (const [age, table] of group.tables.entries()) all[age]?.addAll(table);
    const pairs = groups
      .map(({ longExchange, shortExchange, tables: own }) => ({
        longExchange,
        shortExchange,
        spreads: countOf(own),
        rows: rowsOf(own),
      }))
      .filter(({ spreads }) => spreads > 0);
    return {
      spreads: countOf(all),
      open: all.reduce((sum, table) => sum + table.censored, 0),
      fromS: this.#from,
      toS: last?.at ?? null,
      hours: this.#hours,
      rows: rowsOf(all),
      pairs: pairs.toSorted(
        (one, other) =>
          other.spreads - one.spreads ||
          compareTexts(one.longExchange, other.longExchange) ||
          compareTexts(one.shortExchange, other.shortExchange),
      ),
    };
  }

  /** Carries on what was seen of the pairs that are still there; the others have ended within the hour. */
  #follow(before: PairFrame, frame: PairFrame, seen: Uint32Array): void {
    let next = 0;
    for (let index = 0; index < before.steps.length; index += 1) {
      while (next < frame.steps.length && comparePairs(frame, next, before, index) < 0) next += 1;
      const isThere =
        next < frame.steps.length &&
        comparePairs(frame, next, before, index) === 0 &&
        frame.firstSeen[next] === before.firstSeen[index];
      for (let age = 0; age < AGES; age += 1) {
        const since = this.#seen[index * AGES + age] ?? 0;
        if (since === 0) continue;
        const hours = (frame.at - since) / HOUR_S;
        if (!isThere) this.#count(before, index, age, hours, true);
        else if (hours >= LONGEST_HOURS) this.#count(before, index, age, hours, false);
        else seen[next * AGES + age] = since;
      }
    }
  }

  /** Notes the pairs that have one of the ages now. */
  #see(frame: PairFrame, seen: Uint32Array): void {
    for (let index = 0; index < frame.steps.length; index += 1) {
      const step = frame.steps[index] ?? NOT_MET;
      if (step === NOT_MET) continue;
      const hours = Math.floor((frame.at - (frame.firstSeen[index] ?? 0)) / HOUR_S);
      const age = AGE_OF_HOURS.get(hours < 0 ? 0 : hours);
      if (age === undefined) continue;
      const group = this.#group(frame, index);
      if (group === null || yieldPctOf(step) < group.minGrossPct) continue;
      seen[index * AGES + age] = frame.at;
    }
  }

  #censorAll(frame: PairFrame): void {
    for (let index = 0; index < frame.steps.length; index += 1) {
      for (let age = 0; age < AGES; age += 1) {
        const since = this.#seen[index * AGES + age] ?? 0;
        if (since !== 0) this.#count(frame, index, age, (frame.at - since) / HOUR_S, false);
      }
    }
  }

  #count(frame: PairFrame, index: number, age: number, hours: number, hasEnded: boolean): void {
    this.#group(frame, index)?.tables[age]?.add(hours, hasEnded);
  }

  #group({ longIds, shortIds }: PairFrame, index: number): Group | null {
    const long = this.#exchangeOf(longIds[index] ?? 0);
    const short = this.#exchangeOf(shortIds[index] ?? 0);
    const ofLong = this.#groupOf.get(long) ?? new Map<string | null, Group | null>();
    this.#groupOf.set(long, ofLong);
    const known = ofLong.get(short);
    if (known !== undefined) return known;
    const group = this.#newGroup(long, short);
    ofLong.set(short, group);
    return group;
  }

  #newGroup(long: string | null, short: string | null): Group | null {
    if (long === null || short === null) return null;
    const feesPct = this.#terms.feesPct(long, short);
    if (feesPct === null) return null;
    const { minNetPct, holdHours } = this.#query;
    // Fees reduce every gross yield by the same amount.
    const minGrossPct = minNetPct - netAprPct(0, feesPct, holdHours);
    const group = { longExchange: long, shortExchange: short, minGrossPct, tables: tables() };
    this.#groups.set(`${long} ${short}`, group);
    return group;
  }

  #exchangeOf(seriesId: number): string | null {
    const known = this.#exchanges.get(seriesId);
    if (known !== undefined) return known;
    const exchange = this.#terms.exchangeOf(seriesId);
    this.#exchanges.set(seriesId, exchange);
    return exchange;
  }
}

interface Group {
  readonly longExchange: string;
  readonly shortExchange: string;
  readonly minGrossPct: number;
  /** By age. */
  readonly tables: readonly LifeTable[];
}

const AGE_OF_HOURS: ReadonlyMap<number, number> = new Map(
  PERSISTENCE_AGES_HOURS.map((hours, age) => [hours, age]),
);

function tables(): readonly LifeTable[] {
  return PERSISTENCE_AGES_HOURS.map(() => new LifeTable(LONGEST_HOURS));
}

function countOf(of: readonly LifeTable[]): number {
  return of.reduce((sum, table) => sum + table.count, 0);
}

function rowsOf(of: readonly LifeTable[]): readonly Persistence[] {
  return of.flatMap((table, age) =>
    PERSISTENCE_HORIZONS_HOURS.map((horizonHours) => ({
      ageHours: PERSISTENCE_AGES_HOURS[age] ?? 0,
      horizonHours,
      ...table.survival(horizonHours),
    })),
  );
}

function compareTexts(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
