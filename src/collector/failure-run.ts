import { RequestFailure } from "../lib/request-failure.ts";

/** After this many failures in a row that are not of one key the rest of the keys is not worth asking for. */
const GIVE_UP_AFTER = 3;

/** While no key has been answered, this many in a row are enough, even where each may be of its key alone. */
const GIVE_UP_UNANSWERED_AFTER = 20;

/** Statuses from here on say that the host is ill. */
const SERVER_ERROR_FROM = 500;

/** Statuses below that say something of a single key; every other one refuses whoever asks. */
const STATUSES_OF_A_KEY: ReadonlySet<number> = new Set([400, 404, 422]);

/** How the requests of many keys go, one after the other: when it is no use to ask for the rest of them. */
export class FailureRun {
  #hasAnswer = false;
  #inRow = 0;
  /** Those in a row that say nothing of their key. */
  #ofAllInRow = 0;

  get isHopeless(): boolean {
    if (this.#ofAllInRow >= GIVE_UP_AFTER) return true;
    return !this.#hasAnswer && this.#inRow >= GIVE_UP_UNANSWERED_AFTER;
  }

  answered(): void {
    this.#hasAnswer = true;
    this.#inRow = 0;
    this.#ofAllInRow = 0;
  }

  /** Where other keys are answered a refusal tells of one key alone; where none is, of all. */
  failed(error: unknown): void {
    const isOfAll = isUnanswered(error) || (!this.#hasAnswer && isRefused(error));
    this.#inRow += 1;
    this.#ofAllInRow = isOfAll ? this.#ofAllInRow + 1 : 0;
  }
}

/** Whether nobody answered, or somebody who can answer nothing, or with so much that hundreds of it are a flood. */
function isUnanswered(failure: unknown): boolean {
  if (!(failure instanceof RequestFailure)) return false;
  const { kind, status } = failure;
  if (kind === "http") return status === null || status >= SERVER_ERROR_FROM;
  return kind === "timeout" || kind === "network" || kind === "too_large";
}

/** Whether the exchange refused a request without saying that its key is the matter. */
function isRefused(failure: unknown): boolean {
  if (!(failure instanceof RequestFailure) || failure.kind !== "http") return false;
  const { status } = failure;
  return status === null || !STATUSES_OF_A_KEY.has(status);
}
