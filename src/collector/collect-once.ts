import type { ExchangeId } from "../domain/exchange.ts";
import type { Quote } from "../domain/quote.ts";
import type { Exchange } from "../exchanges/exchange.ts";
import { type CollectorDeps, httpShared } from "./collector.ts";
import { ExchangeRequests } from "./exchange-http.ts";
import { fetchBatch, rejectCounts } from "./fetch-batch.ts";
import { judge, sizeOf } from "./batch-gate.ts";
import { ExchangeSource } from "./source.ts";

/** The result of refreshing one exchange without a database. */
export interface OnceResult {
  readonly exchange: ExchangeId;
  readonly quotes: readonly Quote[];
  /** Null if the refresh succeeded, even if degraded. */
  readonly failure: string | null;
  /** Why the result is incomplete; null if it is complete. */
  readonly degradedBy: string | null;
  readonly rejects: Readonly<Record<string, number>>;
  readonly expected: number | null;
  readonly tookMs: number;
}

/** A single refresh has the deadline and expiry times of a service with a period of one minute. */
export const PERIOD_MS = 60_000;

/**
 * Refreshes `exchanges` once, without a database, and judges each batch only by the exchange's own list. `full`
 * includes everything that is fetched one by one, which takes minutes. Never rejects if an exchange fails.
 */
export async function collectOnce(
  exchanges: readonly Exchange[],
  options: { readonly originOverride: string | null; readonly full: boolean },
  deps: Pick<CollectorDeps, "clock" | "random" | "lifetime">,
): Promise<OnceResult[]> {
  const { clock, lifetime } = deps;
  const shared = httpShared(deps, options.originOverride);
  return Promise.all(
    exchanges.map(async (exchange): Promise<OnceResult> => {
      const requests = new ExchangeRequests(exchange.facts, shared);
      const rotationMode = options.full ? "whole" : "off";
      // A sweep ends before the deadline with what it has, so that users do not wait for the slowest exchange.
      const deadline = !options.full;
      const source = new ExchangeSource({
        requests,
        clock,
        rotationMode,
        periodMs: PERIOD_MS,
        sweepMs: 0,
        deadline,
        lifetime,
      });
      const fetched = await fetchBatch(exchange, source, {
        clock,
        periodMs: PERIOD_MS,
        lifetime,
        deadline,
      });
      const base = { exchange: exchange.facts.id, tookMs: fetched.tookMs };
      if (fetched.kind === "failure") {
        const details = fetched.detail === null ? "" : ` (${fetched.detail})`;
        const failure = `${fetched.failureKind}: ${fetched.message}${details}`;
        return { ...base, quotes: [], failure, degradedBy: null, rejects: {}, expected: null };
      }
      const { batch, notes } = fetched;
      const verdict = judge(
        sizeOf(batch, notes, []),
        { trustedSize: null, pending: null, acceptNextSize: false },
        clock.nowMs(),
      );
      const judged = { ...base, rejects: rejectCounts(batch), expected: batch.expected };
      if (verdict.kind === "refuse") {
        return {
          ...judged,
          quotes: [],
          failure: `${verdict.failureKind}: ${verdict.reason}`,
          degradedBy: null,
        };
      }
      const details = notes.details.length === 0 ? null : `(${notes.details.join("; ")})`;
      const reasons = [
        verdict.degradedBy,
        batch.leftOut ?? null,
        ...notes.failures,
        details,
      ].filter((text) => text !== null);
      return {
        ...judged,
        quotes: batch.quotes,
        failure: null,
        degradedBy: reasons.join("; ") || null,
      };
    }),
  );
}
