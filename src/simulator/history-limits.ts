import type { ExchangeName } from "./listing.ts";

const BAN_MS = 60_000;

interface Limit {
  readonly requests: number;
  readonly perMs: number;
}

/** Bans whoever requests an exchange's history faster than it allows: from everything of it, for a minute. */
export class HistoryLimits {
  readonly #factor: number;
  readonly #recent = new Map<ExchangeName, number[]>();
  readonly #bannedUntil = new Map<ExchangeName, number>();

  /** `factor`: how much wider the limits are than the real ones. */
  constructor(factor: number) {
    this.#factor = factor;
  }

  /** Whether a request is answered. `limit`: that of the exchange's history, absent for any other request. */
  allows(exchange: ExchangeName, limit: Limit | undefined, nowMs: number): boolean {
    if (nowMs < (this.#bannedUntil.get(exchange) ?? 0)) return false;
    if (limit === undefined) return true;
    const recent = (this.#recent.get(exchange) ?? []).filter((atMs) => atMs > nowMs - limit.perMs);
    recent.push(nowMs);
    this.#recent.set(exchange, recent);
    if (recent.length <= limit.requests * this.#factor) return true;
    this.#bannedUntil.set(exchange, nowMs + BAN_MS);
    return false;
  }
}
