import type { Snapshot } from "../../domain/market.ts";
import type { Clock } from "../../lib/clock.ts";
import { collectBeside } from "../../lib/garbage.ts";
import { inSteps } from "../../lib/stepwise.ts";
import { AssetGroups } from "../../services/finder/asset-groups.ts";
import { visibleFromMs } from "../../services/history/history-depth.ts";
import {
  EXACT_FOR_MS,
  type PastMarket,
  shownMomentMs,
} from "../../services/history/past-market.ts";
import { pastSnapshot } from "../../services/history/past-snapshot.ts";
import type { SnapshotAnswers } from "../answers/snapshot-answers.ts";
import { MAX_SHARED_TRIES, type WorkLimits, type WorkQueue } from "../answers/work-queue.ts";
import { CACHE_CLOSED, CACHE_CLOSED_SECONDS, cacheUntilNext } from "../protocol/headers.ts";
import { badParameters, type ProblemCode } from "../protocol/problem.ts";
import { requesterOf, type Requester } from "../protocol/requester.ts";
import type { RequestContext } from "../protocol/request-context.ts";
import { decodeCursor } from "./cursor.ts";
import { readOrProblem } from "./past.ts";
import { nothingRecorded } from "./no-history.ts";

/** Reading a board is work for a whole core: one at a time, in turns that are fair among clients. */
export const PAST_READ: WorkLimits = { concurrent: 1, waiting: 16, waitMs: 10_000 };

/** Two moments to compare. A snapshot of 12,000 rows takes 7 MB, its groups included. */
const MAX_KEPT = 2;

/** A snapshot that no one has used for this long is released. */
const KEPT_UNUSED_MS = 60_000;

/** A snapshot that may still gain samples serves new requests for this long, as a live one does. */
const OPEN_FRESH_MS = 5_000;

/** A request as handlers have it. */
export interface Asked {
  readonly req: { readonly raw: Request };
  readonly env: RequestContext;
}

/** The same, with the listings of `env.snapshot` by asset; null for a live one. */
interface AskedByAsset extends Asked {
  readonly groups: AssetGroups | null;
}

/** Which moment a request asks for. */
interface Params {
  /** Unix seconds; null: now. */
  readonly as_of: number | null;
  readonly cursor: string | null;
}

/** Problems of lists with `as_of`. */
export const ASKED_AT_PROBLEMS = [
  "bad_parameter",
  "bad_cursor",
  "no_history",
  "cursor_expired",
  "not_ready",
  "no_data",
  "history_unavailable",
  "busy",
] as const satisfies readonly ProblemCode[];

interface Kept {
  readonly momentMs: number;
  readonly snapshot: Snapshot;
  /** Grouped when an answer needs it. */
  readonly groups: AssetGroups;
  readonly madeAtMs: number;
  usedAtMs: number;
}

interface Deps {
  readonly market: PastMarket;
  /** The snapshot that is served. */
  readonly live: () => Snapshot | null;
  readonly clock: Clock;
  readonly answers: SnapshotAnswers;
  /** With the limits PAST_READ. */
  readonly turns: WorkQueue;
}

/**
 * Snapshots of past moments, made from samples when they are requested. Each moment is made once for all its requests;
 * the last two stay in memory while they are in use.
 */
export class PastSnapshots {
  readonly #deps: Deps;
  /** Least recently used first. */
  #kept: readonly Kept[] = [];
  readonly #making = new Map<number, Promise<Kept>>();
  #isWatching = false;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * The request `c`, to be answered from `env.snapshot`, the board at `as_of`; unchanged if that is null. Throws
   * `bad_parameter` for the future, `no_history` for what is not recorded, `busy`.
   */
  async of(c: Asked, params: Params): Promise<Asked> {
    const found = await this.#find(c, params);
    return found === null ? c : found.asked;
  }

  /** The same with its listings by asset, for answers that compare them. */
  async byAsset(c: Asked, params: Params): Promise<AskedByAsset> {
    const found = await this.#find(c, params);
    if (found === null) return { ...c, groups: null };
    const { snapshot, groups } = found.kept;
    await groups.prepare(snapshot);
    return { ...found.asked, groups };
  }

  async #find(
    c: Asked,
    params: Params,
  ): Promise<{ readonly kept: Kept; readonly asked: Asked } | null> {
    if (params.as_of === null) return null;
    const nowMs = this.#deps.clock.nowMs();
    const askedMs = params.as_of * 1000;
    if (askedMs > nowMs)
      throw badParameters([{ parameter: "as_of", rule: "must not be in the future" }]);
    const visibleMs = visibleFromMs(askedMs);
    if (visibleMs > askedMs) throw nothingRecorded(askedMs, visibleMs);
    const momentMs = shownMomentMs(askedMs, nowMs);
    const kept =
      this.#continued(momentMs, params.cursor) ??
      (await this.#at(momentMs, requesterOf(c.req.raw, c.env)));
    this.#use(kept);
    const { snapshot } = kept;
    const cacheControl = policyOf(snapshot, askedMs, nowMs);
    return { kept, asked: { req: c.req, env: { ...c.env, snapshot, cacheControl } } };
  }

  /** The snapshot that a cursor continues in, if it is still kept; else it is made again from the same samples. */
  #continued(momentMs: number, cursor: string | null): Kept | null {
    const state = cursor === null ? null : decodeCursor(cursor)?.state;
    return (
      this.#kept.find((kept) => kept.momentMs === momentMs && kept.snapshot.id === state) ?? null
    );
  }

  async #at(momentMs: number, requester: Requester, tries = MAX_SHARED_TRIES): Promise<Kept> {
    const kept = this.#fresh(momentMs);
    if (kept !== null) return kept;
    const running = tries > 0 ? this.#making.get(momentMs) : undefined;
    // It may fail for its own client's reasons (no free turn): then the first request that waited takes over.
    if (running !== undefined) return running.catch(() => this.#at(momentMs, requester, tries - 1));
    const making = this.#make(momentMs, requester)
      .then((made) => {
        // What it was made of is as large as itself. Nothing was made for a moment without samples.
        collectBeside();
        return made;
      })
      .finally(() => {
        if (this.#making.get(momentMs) === making) this.#making.delete(momentMs);
      });
    this.#making.set(momentMs, making);
    return making;
  }

  #fresh(momentMs: number): Kept | null {
    const nowMs = this.#deps.clock.monotonicMs();
    return (
      this.#kept.findLast(
        ({ momentMs: of, snapshot, madeAtMs }) =>
          of === momentMs && (snapshot.past?.isClosed === true || nowMs - madeAtMs < OPEN_FRESH_MS),
      ) ?? null
    );
  }

  async #make(momentMs: number, requester: Requester): Promise<Kept> {
    const { market, live, clock, answers, turns } = this.#deps;
    const release = await turns.enter(requester);
    try {
      const known = this.#fresh(momentMs);
      if (known !== null) return known;
      const board = await readOrProblem(market.at(momentMs));
      if (!("exchanges" in board)) throw nothingRecorded(momentMs, board.firstMs);
      // The oldest one is released first: one more would be in memory while this one is made.
      this.#keep(this.#kept.slice(1 - MAX_KEPT));
      const making = pastSnapshot(board, clock.nowMs(), live());
      const snapshot = await inSteps(making, answers.pauses());
      const madeAtMs = clock.monotonicMs();
      const kept = { momentMs, snapshot, groups: new AssetGroups(), madeAtMs, usedAtMs: madeAtMs };
      this.#use(kept);
      return kept;
    } finally {
      release();
    }
  }

  /** Makes it the most recently used one. */
  #use(kept: Kept): void {
    kept.usedAtMs = this.#deps.clock.monotonicMs();
    const others = this.#kept.filter((other) => other !== kept);
    this.#keep([...others.slice(1 - MAX_KEPT), kept]);
    this.#watch();
  }

  #keep(kept: readonly Kept[]): void {
    const isSame =
      kept.every((one) => this.#kept.includes(one)) && kept.length === this.#kept.length;
    this.#kept = kept;
    if (!isSame) this.#deps.answers.retainPast(kept.map(({ snapshot }) => snapshot));
  }

  /** Releases what is not used, as long as there is anything. */
  #watch(): void {
    if (this.#isWatching || this.#kept.length === 0) return;
    this.#isWatching = true;
    const { clock } = this.#deps;
    clock.after(KEPT_UNUSED_MS, () => {
      this.#isWatching = false;
      const sinceMs = clock.monotonicMs() - KEPT_UNUSED_MS;
      this.#keep(this.#kept.filter(({ usedAtMs }) => usedAtMs > sinceMs));
      this.#watch();
    });
  }
}

/** How long an answer may be cached: a closed moment stays the same until it is shown by the hour. */
function policyOf({ past }: Snapshot, askedMs: number, nowMs: number): string {
  const exactForMs = askedMs + EXACT_FOR_MS - nowMs;
  const isLasting = exactForMs < 0 || exactForMs >= CACHE_CLOSED_SECONDS * 1000;
  return past?.isClosed === true && isLasting ? CACHE_CLOSED : cacheUntilNext(OPEN_FRESH_MS);
}
