import {
  type ExchangeId,
  type FailureKind,
  isMissing,
  type MissingExchange,
  type MissingStatus,
} from "../../domain/exchange.ts";
import type { Snapshot } from "../../domain/market.ts";

/** Which exchanges are requested. */
interface Requested {
  /** Unset or null: all that are enabled. */
  readonly exchange?: readonly ExchangeId[] | null;
  /** Excluded, even if listed above. */
  readonly exclude?: readonly ExchangeId[] | null;
}

/** Which exchanges an answer is based on. */
export interface Coverage {
  /** The number of requested exchanges, including missing ones. */
  readonly asked: number;
  /** Ordered by id. */
  readonly missing: readonly MissingExchange[];
  /** Whether every requested exchange is missing and has no rows in the snapshot. */
  readonly hasNothing: boolean;
}

/**
 * Which of the requested exchanges are missing in a snapshot. A disabled exchange is only included if it is named; a
 * degraded one is not missing.
 */
export function coverageOf(
  { exchanges }: Pick<Snapshot, "exchanges">,
  { exchange, exclude }: Requested,
): Coverage {
  const views = new Map(exchanges.map((view) => [view.exchange, view]));
  const collected = exchanges.flatMap((view) => (view.status === "off" ? [] : [view.exchange]));
  const asked = [...new Set(exchange ?? collected)].filter((id) => exclude?.includes(id) !== true);
  const missing: MissingExchange[] = [];
  let rows = 0;
  for (const id of asked.toSorted()) {
    const view = views.get(id);
    rows += view?.symbols ?? 0;
    // Without a view it was never set up in this database.
    const status = view?.status ?? "off";
    if (!isMissing(status)) continue;
    const reason = view?.missingBecause ?? missingReason(status, null, false);
    missing.push({ exchange: id, status, reason });
  }
  const hasNothing = asked.length > 0 && missing.length === asked.length && rows === 0;
  return { asked: asked.length, missing, hasNothing };
}

/** What each status means for someone missing the exchange's rates. */
const STATUS_WORDS = {
  starting: "No rates yet",
  stale: "No new rates for too long",
  down: "No new rates",
  geo_blocked: "It refuses the country of this server",
  off: "It is not collected here",
} as const satisfies Record<MissingStatus, string>;

/** How the last attempt failed, without any text of the exchange's or our own details. */
const FAILURE_WORDS = {
  timeout: "it does not answer in time",
  network: "it cannot be reached",
  http: "it answers with an error",
  rate_limited: "it limits how often it may be asked",
  banned: "it refuses this server for a while",
  geo_blocked: "it refuses the country of this server",
  bad_envelope: "its answer cannot be read",
  too_large: "its answer is too large",
  refused_batch: "its numbers are not plausible",
} as const satisfies Record<FailureKind, string>;

/**
 * Why the rates of an exchange are missing, in words. `isFrozen`: its own clock has stopped. Contains no times, so the
 * text changes only with the state.
 */
export function missingReason(
  status: MissingStatus,
  failure: FailureKind | null,
  isFrozen: boolean,
): string {
  const what = STATUS_WORDS[status];
  if (status === "off" || status === "geo_blocked") return `${what}.`;
  if (failure !== null) return `${what}: ${FAILURE_WORDS[failure]}.`;
  return isFrozen ? `${what}: its own clock stands still.` : `${what}.`;
}
