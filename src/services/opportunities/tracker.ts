import type { OpportunityRepository } from "../../db/market/opportunity-repository.ts";
import type { ExchangeState, ExchangeView, Snapshot } from "../../domain/market.ts";
import { NO_COLUMNS } from "../../domain/opportunity-columns.ts";
import type { Clock } from "../../lib/clock.ts";
import { errorText, type Log } from "../../lib/log.ts";
import type { AssetGroups } from "../finder/asset-groups.ts";
import { yieldToEventLoop } from "../../lib/event-loop.ts";
import { OpportunityLegs } from "./legs.ts";
import { Sighting } from "./observation.ts";
import { OpportunityTable } from "./table.ts";

/** A crash loses this much of what was seen; a write is some 700 KB. */
const STORE_EVERY_MS = 60_000;
/** The first write of a collector: ages are known soon after a start. */
const FIRST_STORE_MS = 10_000;

/**
 * When no exchange at all has answered for this many of the shortest period, it is we who are cut off, asleep or
 * without a collector. Well before rows become stale, which takes three periods …
 */
const SILENT_PERIODS = 1.5;
/** … or 180 s. */
const SILENT_FLOOR_MS = 90_000;

/** An exchange that answers at all has been asked again after this: until then its old rows tell nothing … */
const ASKED_AGAIN_PERIODS = 3;
/** … or this, where periods are short. */
const ASKED_AGAIN_FLOOR_MS = 180_000;

export interface TrackerDeps {
  readonly groups: AssetGroups;
  readonly store: Pick<OpportunityRepository, "load" | "store">;
  readonly clock: Clock;
  readonly log: Log;
  readonly storeEveryMs?: number;
}

/** What the last sight came to. */
export interface OpportunityStats {
  /** Open opportunities. */
  readonly pairs: number;
  /** Pairs beyond those that are kept, and listings whose id is too large: neither has an age. */
  readonly leftOut: { readonly pairs: number; readonly listings: number };
}

const NOTHING_LEFT_OUT = { pairs: 0, listings: 0 };

/** What is known while this process collects. */
interface Run {
  readonly epoch: number;
  table: OpportunityTable;
  /** The table before, to be written next. */
  spare: OpportunityTable;
  /** Rows observed before are from a time after which nobody looked. Unix milliseconds. */
  sinceMs: number;
  /** Nobody looked since the last sight. */
  isAway: boolean;
  /** Of the last snapshot, null before the first. */
  asOfMs: number | null;
  isStored: boolean;
  storeAtMs: number;
}

/**
 * Keeps how long each pair has been an opportunity, for the process that collects: the others read what it stores.
 * A pair opens at OPPORTUNITY_GROSS_PCT and ends after OPPORTUNITY_ENDS_AFTER snapshots without it. Snapshots from
 * a time in which nobody looked (no exchange has answered, or this process has just begun) end nothing; when a
 * pair is seen after one, the time since it was last seen is told as unobserved.
 */
export class OpportunityTracker {
  readonly #deps: TrackerDeps;
  readonly #storeEveryMs: number;
  #run: Run | null = null;
  #work: Promise<void> | null = null;
  #leftOut: OpportunityStats["leftOut"] = NOTHING_LEFT_OUT;

  constructor(deps: TrackerDeps) {
    this.#deps = deps;
    this.#storeEveryMs = deps.storeEveryMs ?? STORE_EVERY_MS;
  }

  /** This process collects from now on, as `epoch`. Loads what was stored; throws when the database fails. */
  begin(epoch: number): void {
    const { clock, log, store } = this.#deps;
    const sinceMs = clock.nowMs();
    const storeAtMs = clock.monotonicMs() + Math.min(FIRST_STORE_MS, this.#storeEveryMs);
    if (this.#run?.epoch === epoch - 1) {
      // The worker was replaced and nobody else has collected: nothing stored is newer than this.
      this.#run = { ...this.#run, epoch, sinceMs, storeAtMs };
      return;
    }
    const stored = store.load();
    if (stored === "unreadable")
      log.warn("opportunities_unreadable", { effect: "ages begin anew" });
    const columns = stored === null || stored === "unreadable" ? NO_COLUMNS : stored;
    this.#run = {
      epoch,
      table: OpportunityTable.of(columns),
      spare: new OpportunityTable(),
      sinceMs,
      isAway: true,
      asOfMs: null,
      isStored: true,
      storeAtMs,
    };
  }

  /**
   * Takes a snapshot in, in steps of a few milliseconds at most, and stores what is known once a minute. Resolves
   * when it is done with it, never rejects. A snapshot that comes meanwhile is left out, as are all while nobody
   * collects here.
   */
  async observe(snapshot: Snapshot): Promise<void> {
    const run = this.#run;
    if (run === null || this.#work !== null) return;
    this.#work = this.#takeIn(run, snapshot);
    await this.#work;
    this.#work = null;
  }

  /** As of the last sight; nothing while another process collects. */
  stats(): OpportunityStats {
    return this.#run === null
      ? { pairs: 0, leftOut: NOTHING_LEFT_OUT }
      : { pairs: this.#run.table.count, leftOut: this.#leftOut };
  }

  /** Stores what is known, as well as it goes, and observes nothing more. */
  async close(): Promise<void> {
    const run = this.#run;
    this.#run = null;
    await this.#work;
    if (run !== null && !run.isStored) await this.#store(run);
  }

  async #takeIn(run: Run, snapshot: Snapshot): Promise<void> {
    try {
      await this.#sight(run, snapshot);
    } catch (error) {
      this.#deps.log.error("opportunities_not_followed", { reason: errorText(error) });
    }
    if (this.#run !== run || this.#deps.clock.monotonicMs() < run.storeAtMs) return;
    run.storeAtMs = this.#deps.clock.monotonicMs() + this.#storeEveryMs;
    if (!run.isStored) await this.#store(run);
  }

  /** What is known changes at the end, all at once: who ends in between has lost a snapshot and nothing else. */
  async #sight(run: Run, snapshot: Snapshot): Promise<void> {
    const { asOfMs } = snapshot;
    // A machine that slept, or a clock that was set, shows no silent snapshot before the first answer comes.
    const hasSlept = run.asOfMs !== null && asOfMs - run.asOfMs > silentAfterMs(snapshot);
    run.asOfMs = asOfMs;
    // After a clock was set back everything new is from before `sinceMs`, and nothing would ever end.
    run.sinceMs = Math.min(run.sinceMs, asOfMs);
    if (hasSlept || isSilent(snapshot)) {
      run.isAway = true;
      run.sinceMs = asOfMs;
    }
    if (isSilent(snapshot)) return;
    await yieldToEventLoop();
    const legs = new OpportunityLegs(this.#deps.groups.of(snapshot));
    await yieldToEventLoop();
    const sight = {
      legs,
      asOf: Math.floor(asOfMs / 1000),
      unsighted: unsightedRows(snapshot, run.sinceMs),
      wasAway: run.isAway,
    };
    const sighting = new Sighting(sight, run.table, run.spare);
    for (let isDone = false; !isDone && this.#run === run; isDone = sighting.go())
      await yieldToEventLoop();
    if (this.#run !== run) return;
    [run.table, run.spare] = [run.spare, run.table];
    run.isAway = false;
    run.isStored = false;
    this.#noteLeftOut({ pairs: sighting.leftOut, listings: legs.omitted });
  }

  /** Logged when it begins, not again with each snapshot. */
  #noteLeftOut(leftOut: OpportunityStats["leftOut"]): void {
    const isAny = leftOut.pairs > 0 || leftOut.listings > 0;
    const wasAny = this.#leftOut.pairs > 0 || this.#leftOut.listings > 0;
    this.#leftOut = leftOut;
    if (isAny && !wasAny) this.#deps.log.warn("opportunities_left_out", { ...leftOut });
  }

  async #store(run: Run): Promise<void> {
    const { clock, log, store } = this.#deps;
    try {
      const isMine = await store.store(run.epoch, run.table, () => clock.nowMs());
      run.isStored = true;
      if (!isMine && this.#run === run) this.#run = null;
    } catch (error) {
      log.error("opportunities_not_stored", { reason: errorText(error) });
    }
  }
}

/** Whether no exchange has answered for so long that it must be us. */
function isSilent(snapshot: Snapshot): boolean {
  const okAtMs = Math.max(...enabledStates(snapshot).map(({ lastOkAtMs }) => lastOkAtMs ?? 0));
  return snapshot.asOfMs - okAtMs > silentAfterMs(snapshot);
}

/** Some exchange answers within this time, and a snapshot shows it. */
function silentAfterMs(snapshot: Snapshot): number {
  const shortestMs = Math.min(...enabledStates(snapshot).map(({ periodMs }) => periodMs));
  return Math.max(SILENT_FLOOR_MS, SILENT_PERIODS * shortestMs);
}

function enabledStates({ exchanges }: Snapshot): readonly ExchangeState[] {
  return exchanges.map(({ state }) => state).filter(({ enabled }) => enabled);
}

/** The instruments whose rows were observed before `sinceMs`, while their exchange may not have been asked again. */
function unsightedRows({ asOfMs, exchanges, rows }: Snapshot, sinceMs: number): Set<number> {
  const asking = new Set(
    exchanges.filter((view) => asOfMs - sinceMs <= askedAgainMs(view)).map((view) => view.exchange),
  );
  const found = new Set<number>();
  if (asking.size === 0) return found;
  for (const { record } of rows) {
    if (record.observedAtMs < sinceMs && asking.has(record.exchange))
      found.add(record.instrumentId);
  }
  return found;
}

function askedAgainMs({ state }: ExchangeView): number {
  return Math.max(ASKED_AGAIN_FLOOR_MS, ASKED_AGAIN_PERIODS * state.periodMs);
}
