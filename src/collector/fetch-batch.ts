import type { FailureKind } from "../domain/exchange.ts";
import type { Batch } from "../domain/quote.ts";
import type { Exchange, Refreshed } from "../exchanges/exchange.ts";
import type { Clock } from "../lib/clock.ts";
import { accountOf, NotSent, ownFailure, RequestFailure } from "../lib/request-failure.ts";
import { deadlineMs } from "./deadline.ts";
import type { CycleNotes, ExchangeSource } from "./source.ts";

/** One refresh of one exchange: a batch (not judged yet), or why there is none. */
export type Fetched =
  | {
      readonly kind: "batch";
      readonly batch: Refreshed;
      readonly notes: CycleNotes;
      readonly tookMs: number;
    }
  | {
      readonly kind: "failure";
      readonly failureKind: FailureKind;
      /** Our own wording, safe to publish. */
      readonly message: string;
      /** The exchange's wording, only for the operator's log. */
      readonly detail: string | null;
      readonly retryAfterMs: number | null;
      /**
       * The exchange's answer: the current one, or the earlier one because of which a request was skipped. Null: no
       * request.
       */
      readonly answer: RequestFailure | null;
      readonly tookMs: number;
    };

export interface FetchDeps {
  readonly clock: Clock;
  readonly periodMs: number;
  readonly lifetime: AbortSignal;
  /** False for a one-off run with whole rotations, which takes minutes. */
  readonly deadline: boolean;
}

/** Ends what still waits for a finished refresh. Without a reason given, each abort would make an error of its own. */
const REFRESH_ENDED = ownFailure("timeout", "the refresh has ended");

/** Queries one exchange and parses the result. Never throws: every outcome is a value. */
export async function fetchBatch(
  exchange: Exchange,
  from: ExchangeSource,
  deps: FetchDeps,
): Promise<Fetched> {
  const { clock, lifetime } = deps;
  const startedMs = clock.monotonicMs();
  const cycle = new AbortController();
  const onEnd = (): void => cycle.abort(ownFailure("timeout", "the collector is stopping"));
  if (lifetime.aborted) onEnd();
  lifetime.addEventListener("abort", onEnd, { once: true });
  const withinMs = deadlineMs(deps.periodMs);
  const cancelDeadline = deps.deadline
    ? clock.after(withinMs, () =>
        cycle.abort(ownFailure("timeout", `no whole refresh within ${withinMs / 1000} s`)),
      )
    : null;
  try {
    const { source, notes } = from.cycle(cycle.signal);
    const batch = await Promise.race([exchange.refresh(source), rejectsWith(cycle.signal)]);
    return { kind: "batch", batch, notes, tookMs: clock.monotonicMs() - startedMs };
  } catch (error) {
    return { kind: "failure", ...describe(error), tookMs: clock.monotonicMs() - startedMs };
  } finally {
    lifetime.removeEventListener("abort", onEnd);
    cancelDeadline?.();
    cycle.abort(REFRESH_ENDED);
  }
}

/** Rejects with the signal's reason, so that an adapter waiting for something else ends with its cycle. */
function rejectsWith(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

type Failure = Omit<Extract<Fetched, { kind: "failure" }>, "kind" | "tookMs">;

function describe(error: unknown): Failure {
  const { publicWords: message, detail } = accountOf(error);
  // An unexpected exception of the adapter means that the payload is an envelope we cannot read.
  if (!(error instanceof RequestFailure))
    return { failureKind: "bad_envelope", message, detail, retryAfterMs: null, answer: null };
  const { kind, retryAfterMs } = error;
  const answer = error instanceof NotSent ? error.answer : error;
  return { failureKind: kind, message, detail, retryAfterMs, answer };
}

/** How many rows were rejected, by reason. */
export function rejectCounts(batch: Batch): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason } of batch.rejects) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
