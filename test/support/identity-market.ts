import type { Candidate, Decision } from "../../src/domain/asset-cluster.ts";
import type { AssetClass } from "../../src/domain/quote.ts";
import { type Misfits, identify, UNDECIDED } from "../../src/domain/identity.ts";

export const NOW_MS = Date.UTC(2026, 10, 2, 12, 0, 0);
const CYCLE_MS = 60_000;

export type Listing = Partial<Candidate> & Pick<Candidate, "exchange" | "price">;

/** The listings of one base over time: prices are changed by the test, decisions are stored as in the database. */
export class Market {
  readonly misfits: Misfits = new Map();
  readonly listings: Listing[];
  readonly base: string;
  #held = new Map<number, Decision>();
  #nowMs = NOW_MS;

  /** `held` contains an earlier program's decisions about the listings, in their order. */
  constructor(base: string, listings: readonly Listing[], held: readonly Decision[] = []) {
    this.base = base;
    this.listings = [...listings];
    this.#held = new Map(held.entries());
  }

  /** Decides `cycles` times, each a cycle of all exchanges later; returns [asset_id, identity] per listing. */
  decide(cycles = 1): (readonly [string | null, string])[] {
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      this.#nowMs += CYCLE_MS;
      this.again();
    }
    return this.decided();
  }

  /** Decides once more with the same observations. */
  again(): void {
    this.#held = new Map(identify(this.candidates(), this.misfits, this.#nowMs));
  }

  decided(): (readonly [string | null, string])[] {
    return this.candidates().map(({ held }) => [held.assetId, held.identity] as const);
  }

  /** The class that a row of each listing shows. */
  classes(): (AssetClass | null)[] {
    return this.candidates().map(({ held, assetClass }) => held.settledClass ?? assetClass);
  }

  multiplierOf(index: number): number | null {
    return this.#held.get(index)?.provenMultiplier ?? null;
  }

  candidates(): Candidate[] {
    return this.listings.map((listing, index) => ({
      instrumentId: index,
      base: this.base,
      assetClass: null,
      multiplier: 1,
      openInterestUsd: null,
      observedAtMs: this.#nowMs,
      held: this.#held.get(index) ?? UNDECIDED,
      ...listing,
    }));
  }
}

export const times = <T>(count: number, same: T): T[] => Array.from({ length: count }, () => same);

export const on = (
  exchange: string,
  price: number | null,
  extra: Partial<Candidate> = {},
): Listing => ({
  exchange,
  price,
  ...extra,
});
