import { type Backfill, NOT_STARTED } from "../db/history/backfill-repository.ts";
import type {
  DatedInstrument,
  InstrumentDescription,
  InstrumentDescriptions,
} from "../db/market/instrument-descriptions.ts";
import type { ExchangeId } from "../domain/exchange.ts";
import { ENDED_READ_WITHIN_MS } from "../domain/ended-past.ts";
import { HOUR_MS } from "../domain/funding.ts";
import type { ExchangeHttp } from "../exchanges/exchange.ts";
import type { HistoryProfile } from "../exchanges/history.ts";
import type { Clock } from "../lib/clock.ts";
import type { Log } from "../lib/log.ts";
import { accountOf, ownFailure, RequestFailure } from "../lib/request-failure.ts";
import { asksForCooldown } from "./cooldown.ts";
import {
  type BackfillCounts,
  type BackfillJob,
  ESTIMATED_WITHIN_MS,
  firstJobs,
  jobOf,
  progressAfter,
  type Reading,
} from "./backfill-plan.ts";
import { FailureRun } from "./failure-run.ts";
import type { HistoryStore } from "./history-store.ts";
import { walkHistory, type WalkStep } from "./history-walk.ts";
import { type Pause, retryDelayMs } from "./retry-delay.ts";

/** Planned ahead; the market grows and volumes change, so not for long. */
const MAX_PLANNED = 50;
const PLAN_EVERY_MS = 5 * 60_000;
/** Before the first batch there is nothing to plan. */
const UNLISTED_EVERY_MS = 2_000;

/** Names for requests change with new listings only. */
const KEYS_EVERY_MS = 24 * HOUR_MS;

/** One kind of past: how its rows are stored. */
export interface PastKind<Row> {
  readonly profile: HistoryProfile<Row>;
  /** Instruments of this kind have a past of the other. */
  readonly accrual: DatedInstrument["accrual"];
  readonly timeOf: (row: Row) => number;
  readonly put: (seriesId: number, row: Row) => void;
  /** The oldest row that came from the exchange, unix ms; null: none. */
  readonly oldestMs: (seriesId: number) => number | null;
}

export interface ExchangeBackfillDeps<Row> {
  readonly exchange: ExchangeId;
  readonly kind: PastKind<Row>;
  /** Requests that wait for spare time. */
  readonly http: ExchangeHttp;
  readonly history: HistoryStore;
  readonly instruments: Pick<InstrumentDescriptions, "listed" | "endedSince">;
  readonly clock: Clock;
  readonly log: Log;
  readonly lifetime: AbortSignal;
  /** Of the exchange's refreshes: pauses after failures grow from it. */
  readonly periodMs: number;
  readonly reading: Reading;
  readonly onCounts: (counts: BackfillCounts) => void;
}

/**
 * Reads the pasts of one exchange's instruments, one after the other, the largest assets first, but first of all those
 * that have ended: nobody knows how long the exchange still answers for them. Each page is stored with the progress in
 * one transaction, so that an interruption at any time loses and doubles nothing.
 */
export class ExchangeBackfill<Row> {
  readonly #deps: ExchangeBackfillDeps<Row>;
  readonly #http: ExchangeHttp;
  /** Requests since the last progress was stored. */
  #sent = 0;
  /** How many of its instruments had a complete past at the last plan. */
  #complete = 0;
  /** Whether the job being done reads the newest payments of a complete past. */
  #isNewest = false;
  #planned: BackfillJob[] = [];
  #plannedAtMs = Number.NEGATIVE_INFINITY;
  #keys: { readonly map: ReadonlyMap<string, string>; readonly atMs: number } | null = null;
  #run = new FailureRun();
  #failuresInRow = 0;
  #pause: Pause | null = null;

  constructor(deps: ExchangeBackfillDeps<Row>) {
    this.#deps = deps;
    const count = (): number => (this.#sent += 1);
    this.#http = {
      get: (...request) => (count(), deps.http.get(...request)),
      postRead: (...request) => (count(), deps.http.postRead(...request)),
    };
  }

  /**
   * The lower, the more urgent is what it requests: the newest payments, then the pasts of its largest instruments. An
   * exchange that is behind goes before one that has only small instruments left.
   */
  get rank(): number {
    return this.#isNewest ? 0 : this.#complete;
  }

  /** Runs until `lifetime` ends. Throws as HistoryStore.write does. */
  async run(): Promise<void> {
    const { clock, lifetime } = this.#deps;
    while (!lifetime.aborted) {
      const isListed = this.#planIfDue();
      const job = this.#planned.shift();
      if (job === undefined) {
        await clock.sleep(isListed ? PLAN_EVERY_MS : UNLISTED_EVERY_MS, lifetime);
        this.#plannedAtMs = Number.NEGATIVE_INFINITY;
      } else await this.#do(job);
    }
  }

  /** Whether the exchange has any instrument of this kind. */
  #planIfDue(): boolean {
    const { clock, exchange, history, instruments, kind, onCounts } = this.#deps;
    const isRecent = clock.monotonicMs() - this.#plannedAtMs < PLAN_EVERY_MS;
    if (isRecent && this.#planned.length > 0) return true;
    const nowMs = clock.nowMs();
    const known = history.backfills.ofExchange(exchange);
    const listed = instruments.listed(exchange).filter(({ accrual }) => accrual === kind.accrual);
    const counts = { instruments: listed.length, complete: 0, failing: 0, requests: 0 };
    for (const { uid } of listed) {
      const progress = known.get(uid) ?? NOT_STARTED;
      counts.complete += progress.complete ? 1 : 0;
      counts.failing += progress.failure === null ? 0 : 1;
      counts.requests += progress.requests;
    }
    onCounts(counts);
    this.#complete = counts.complete;
    const jobs = [...this.#ended(nowMs), ...listed].flatMap(
      (instrument) => this.#jobOf(instrument, known.get(instrument.uid), nowMs) ?? [],
    );
    this.#planned = [...firstJobs(jobs, MAX_PLANNED)];
    this.#plannedAtMs = clock.monotonicMs();
    return listed.length > 0;
  }

  /** Those of this kind that have ended lately. The market moves their ends by its outages, the history does not. */
  #ended(nowMs: number): readonly DatedInstrument[] {
    const { exchange, history, instruments, kind } = this.#deps;
    const sinceMs = nowMs - ENDED_READ_WITHIN_MS;
    const ends = history.series.endedSince(exchange, sinceMs);
    return instruments.endedSince(exchange, sinceMs).flatMap((instrument) => {
      const endedAt = ends.get(instrument.uid);
      const isOurs = instrument.accrual === kind.accrual && endedAt !== undefined;
      return isOurs ? [{ ...instrument, endedAt }] : [];
    });
  }

  #jobOf(
    instrument: DatedInstrument,
    progress: Backfill = NOT_STARTED,
    nowMs: number,
  ): BackfillJob | null {
    const estimatesMs = progress.complete ? this.#estimatesMs(instrument.uid, nowMs) : [];
    return jobOf(instrument, { progress, estimatesMs }, nowMs, this.#deps.reading);
  }

  #estimatesMs(uid: string, nowMs: number): readonly number[] {
    const { history } = this.#deps;
    const id = history.series.idOf(uid);
    return id === null ? [] : history.settlements.estimates(id, nowMs - ESTIMATED_WITHIN_MS);
  }

  async #do(job: BackfillJob): Promise<void> {
    const { kind, lifetime } = this.#deps;
    this.#isNewest = job.of === "newest";
    let progress = job.before;
    let rows = 0;
    const range = { fromMs: job.fromMs, toMs: job.toMs };
    try {
      const instrument = await this.#named(job.instrument);
      const walk = { profile: kind.profile, http: this.#http, instrument, timeOf: kind.timeOf };
      const page = this.#resumesByPage ? job.page : null;
      const steps = walkHistory(walk, page === null ? range : { ...range, page });
      for (;;) {
        const { value: step } = await steps.next();
        if (step === undefined || lifetime.aborted) return;
        this.#answered();
        rows += step.rows.length;
        progress = await this.#store(job, progress, step, rows);
      }
    } catch (error) {
      if (lifetime.aborted) return;
      if (!(error instanceof RequestFailure)) throw error;
      await this.#failed(job, progress, error);
    }
  }

  /** Pages of a range are counted from its end, which is another one after an interruption. */
  get #resumesByPage(): boolean {
    const { paging, bounds } = this.#deps.kind.profile;
    return paging.by === "page" && bounds.to === "none";
  }

  /** The instrument as its exchange names it in this request. */
  async #named({ exchangeSymbol, fundingIntervalHours }: DatedInstrument) {
    const { kind, clock } = this.#deps;
    const instrument = { exchangeSymbol, intervalHours: fundingIntervalHours };
    if (kind.profile.keys === undefined) return { ...instrument, key: null };
    if (this.#keys === null || clock.monotonicMs() - this.#keys.atMs >= KEYS_EVERY_MS)
      this.#keys = { map: await kind.profile.keys(this.#http), atMs: clock.monotonicMs() };
    const key = this.#keys.map.get(exchangeSymbol);
    if (key === undefined) throw ownFailure("bad_envelope", "its list has no id for the history");
    return { ...instrument, key };
  }

  /** One page and the progress in one transaction. Rows are inserted in ascending order, which fills pages better. */
  async #store(
    job: BackfillJob,
    before: Backfill,
    step: WalkStep<Row>,
    rows: number,
  ): Promise<Backfill> {
    const { kind, history, clock } = this.#deps;
    const page = this.#resumesByPage ? step.page : null;
    const requests = this.#takeSent();
    return history.write(() => {
      const id = this.#seriesId(job);
      for (const row of step.rows.toReversed()) kind.put(id, row);
      const oldestMs = kind.oldestMs(id);
      const { readFromMs } = step;
      const read = { requests, rows, readFromMs, page, nowMs: clock.nowMs(), oldestMs };
      const progress = progressAfter(job, before, read);
      history.backfills.save(id, progress);
      return progress;
    });
  }

  #takeSent(): number {
    const sent = this.#sent;
    this.#sent = 0;
    return sent;
  }

  #seriesId({ instrument }: BackfillJob): number {
    const { series } = this.#deps.history;
    const known = series.idOf(instrument.uid);
    if (known !== null) return known;
    return series.ensure(descriptionOf(instrument)).id;
  }

  #answered(): void {
    this.#run.answered();
    this.#failuresInRow = 0;
    this.#pause = null;
  }

  /** Notes a failure of one instrument, or pauses if it concerns all of them. */
  async #failed(job: BackfillJob, before: Backfill, error: RequestFailure): Promise<void> {
    const { history, clock } = this.#deps;
    this.#run.failed(error);
    if (asksForCooldown(error.kind)) return this.#rest(error);
    const { publicWords } = accountOf(error);
    const requests = before.requests + this.#takeSent();
    await history.write(() =>
      history.backfills.save(this.#seriesId(job), {
        ...before,
        requests,
        failuresInRow: before.failuresInRow + 1,
        failure: publicWords,
        attemptedAtMs: clock.nowMs(),
      }),
    );
    if (this.#run.hasGivenUp) await this.#rest(error);
  }

  /** Sends nothing for as long as the collector pauses after such a failure, whatever becomes of the refreshes. */
  async #rest(error: RequestFailure): Promise<void> {
    const { clock, log, lifetime, exchange, periodMs } = this.#deps;
    const { kind, retryAfterMs } = error;
    this.#failuresInRow += 1;
    const failuresInRow = this.#failuresInRow;
    const ms = retryDelayMs({ kind, failuresInRow, retryAfterMs, periodMs, previous: this.#pause });
    this.#pause = { kind, ms };
    this.#run = new FailureRun();
    const { publicWords: reason, detail } = accountOf(error);
    const fields = { exchange, kind, reason, pause_seconds: Math.round(ms / 1000) };
    log.warn("history_paused", detail === null ? fields : { ...fields, detail });
    await clock.sleep(ms, lifetime);
    this.#plannedAtMs = Number.NEGATIVE_INFINITY;
  }
}

function descriptionOf(instrument: DatedInstrument): InstrumentDescription {
  const {
    fundingIntervalHours: _interval,
    symbolFreeAt: _free,
    symbolTakenAt: _taken,
    ...description
  } = instrument;
  return description;
}
