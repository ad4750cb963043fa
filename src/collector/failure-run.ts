import { RequestFailure } from "../lib/request-failure.ts";

/** After this many consecutive failures that are not specific to a key, the remaining keys are not requested. */
const GIVE_UP_AFTER = 3;

/** As long as no key was answered, this many consecutive failures suffice, even if each may be specific to its key. */
const GIVE_UP_UNANSWERED_AFTER = 20;

/** Statuses from here on mean that the host has a problem. */
const SERVER_ERROR_FROM = 500;

/** Statuses below 500 that concern a single key; all others refuse the client. */
const KEY_SPECIFIC_STATUSES: ReadonlySet<number> = new Set([400, 404, 422]);

/** Tracks requests for many keys, one after the other, and decides when to give up on the rest. */
export class FailureRun {
  #hasAnswer = false;
  #inRow = 0;
  /** Consecutive failures that are not specific to a key. */
  #generalInRow = 0;

  get hasGivenUp(): boolean {
    if (this.#generalInRow >= GIVE_UP_AFTER) return true;
    return !this.#hasAnswer && this.#inRow >= GIVE_UP_UNANSWERED_AFTER;
  }

  answered(): void {
    this.#hasAnswer = true;
    this.#inRow = 0;
    this.#generalInRow = 0;
  }

  /** If other keys were answered a refusal concerns only its key; if none was, all of them. */
  failed(error: unknown): void {
    const isOfAll = isUnanswered(error) || (!this.#hasAnswer && isRefused(error));
    this.#inRow += 1;
    this.#generalInRow = isOfAll ? this.#generalInRow + 1 : 0;
  }
}

/** Whether there was no response, one from a host that is broken, or one so large that hundreds would be a flood. */
function isUnanswered(failure: unknown): boolean {
  if (!(failure instanceof RequestFailure)) return false;
  const { kind, status } = failure;
  if (kind === "http") return status === null || status >= SERVER_ERROR_FROM;
  return kind === "timeout" || kind === "network" || kind === "too_large";
}

/** Whether the exchange refused a request without blaming its key. */
function isRefused(failure: unknown): boolean {
  if (!(failure instanceof RequestFailure) || failure.kind !== "http") return false;
  const { status } = failure;
  return status === null || !KEY_SPECIFIC_STATUSES.has(status);
}
