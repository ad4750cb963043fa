import type { Database } from "bun:sqlite";
import type { ExchangeId } from "../../../domain/exchange.ts";
import { versionBytes } from "../codec/envelope.ts";
import type { Damage } from "../replay.ts";
import { RetentionStore } from "../retention-store.ts";
import { SampleStore } from "../sample-store.ts";
import { DAY_S, dayOf, secondsOf } from "../sample-times.ts";
import { closeDays, DAY_CLOSES_AFTER_S } from "./close-days.ts";
import { closeHours, joinHours } from "./close-hours.ts";
import type { OnFailure, RollUpContext, Slices } from "./context.ts";
import { mergeMonths } from "./merge-months.ts";
import { thinMonths } from "./thin-months.ts";

/** How long each kind of data is kept. */
export interface Retention {
  /** Null: for ever. */
  readonly samplesDays: number | null;
  /** Null: for ever. */
  readonly settlementsDays: number | null;
}

export const RETENTION_DEFAULTS: Retention = { samplesDays: 730, settlementsDays: null };

/** Series merged in one night: 12,000 take eight nights. */
const MERGED_PER_NIGHT = 1_500;

/** Free pages that are left for the next day: what is removed each day is written again. 32 MB. */
const KEPT_FREE_PAGES = 8_192;
/** Pages moved in one transaction: about a millisecond. */
const PAGES_AT_ONCE = 64;

/**
 * A clock that is further ahead of the last night, or of the newest sample before the start, may be wrong: nothing is
 * merged, thinned or deleted before the next night.
 */
const LONGEST_JUMP_S = 2 * DAY_S;

export interface RollUpDeps {
  /** Runs `work` in one transaction, which checks the epoch. */
  readonly write: <T>(work: () => T) => T;
  readonly programVersion: string;
  readonly retention: Retention;
  /** Notified of blobs that could not be read, each once a night: what they belong to is left as it is. */
  readonly onDamage: (exchange: ExchangeId, damage: Damage) => void;
  /** Notified of what failed for one period of one exchange, once a night for each step: all others go on. */
  readonly onFailure: OnFailure;
  /** Default: MERGED_PER_NIGHT. */
  readonly mergedPerNight?: number;
  /** Default: KEPT_FREE_PAGES. */
  readonly keptFreePages?: number;
  /** Default: LONGEST_JUMP_S. */
  readonly longestJumpS?: number;
}

/**
 * Turns samples into smaller blobs as they get older, deletes what is too old, and gives space back. Can be killed at
 * any moment: each layer replaces the one before it in one transaction.
 */
export class RollUp {
  readonly #deps: RollUpDeps;
  readonly #context: RollUpContext;
  readonly #old: RetentionStore;
  #work: Slices | null = null;
  /** The last day whose night's work is done, or was put off. */
  #lastNight: number | null = null;
  /** The last day for which periods were left as they are. */
  #leftNight: number | null = null;
  /** When the newest sample from before this process was taken; null without any. */
  readonly #newestBefore: number | null;

  constructor(db: Database, deps: RollUpDeps) {
    const { write, programVersion, onDamage, onFailure } = deps;
    this.#deps = deps;
    this.#old = new RetentionStore(db);
    const store = new SampleStore(db);
    const newest = store.exchanges().map((exchange) => store.newest(exchange) ?? 0);
    this.#newestBefore = newest.length === 0 ? null : Math.max(...newest);
    this.#context = {
      store,
      write,
      program: versionBytes(programVersion),
      onDamage,
      onFailure,
      left: new Set(),
    };
  }

  /**
   * Does the next slice of what is due; "done" if nothing is. Throws EpochLost, and what fails for the whole file: the
   * work is then begun again by the next call, and nothing is lost.
   */
  step(nowMs: number): "more" | "done" {
    this.#work ??= this.#all(secondsOf(nowMs));
    try {
      if (this.#work.next().done !== true) return "more";
      this.#work = null;
      return "done";
    } catch (error) {
      this.#work = null;
      throw error;
    }
  }

  *#all(nowS: number): Slices {
    const night = dayOf(nowS - DAY_CLOSES_AFTER_S);
    if (night !== this.#leftNight) this.#context.left.clear();
    this.#leftNight = night;
    yield* closeHours(this.#context, nowS);
    yield* closeDays(this.#context, nowS);
    yield* joinHours(this.#context, nowS);
    if (night === this.#lastNight) return;
    const before = this.#lastNight ?? this.#newestBefore;
    const jumpS = before === null ? 0 : night - dayOf(before);
    if (jumpS > (this.#deps.longestJumpS ?? LONGEST_JUMP_S)) {
      this.#lastNight = night;
      return;
    }
    let merges = 0;
    const most = this.#deps.mergedPerNight ?? MERGED_PER_NIGHT;
    yield* mergeMonths(this.#context, nowS, () => (merges += 1) <= most);
    yield* thinMonths(this.#context, nowS);
    yield* this.#removeOld(dayOf(nowS));
    yield* this.#giveBack();
    this.#lastNight = night;
  }

  *#removeOld(today: number): Slices {
    const { samplesDays, settlementsDays } = this.#deps.retention;
    const { write } = this.#context;
    if (samplesDays !== null)
      while (write(() => this.#old.removeSamples(today - samplesDays * DAY_S))) yield;
    if (settlementsDays !== null)
      while (write(() => this.#old.removeSettlements(today - settlementsDays * DAY_S))) yield;
  }

  *#giveBack(): Slices {
    const kept = this.#deps.keptFreePages ?? KEPT_FREE_PAGES;
    while (this.#old.freePages() > kept && this.#old.giveBack(PAGES_AT_ONCE)) yield;
  }
}
