/**
 * The product-limit estimate of how long something lasts, from observations of which some ended and others were only
 * observed up to a time (right censoring): Kaplan and Meier (1958); Klein and Moeschberger, Survival Analysis (2003),
 * sections 4.2 and 4.3. The interval is pointwise, from Greenwood's variance on the scale of log(-log S), so that it
 * stays between 0 and 1 (Kalbfleisch and Prentice, 1980; `conf.type = "log-log"` in R).
 */

export interface Survival {
  /** Observations. */
  readonly atRisk: number;
  /** How many of these ended within the time. */
  readonly ended: number;
  /** The share that lasted longer; null if the observations do not reach that far. */
  readonly share: number | null;
  /** The 95 % interval; null where the share is 0, 1 or null. */
  readonly low: number | null;
  readonly high: number | null;
}

/** The 97.5th percentile of the normal distribution. */
const Z_95 = 1.959963984540054;

/** Observations by how many steps of time they lasted, counted up to `maxSteps`. */
export class LifeTable {
  readonly #ended: Uint32Array;
  /** Observed for so many steps without an end. */
  readonly #censored: Uint32Array;

  constructor(maxSteps: number) {
    this.#ended = new Uint32Array(maxSteps + 1);
    this.#censored = new Uint32Array(maxSteps + 1);
  }

  get count(): number {
    return sumOf(this.#ended) + sumOf(this.#censored);
  }

  /** How many have not ended as far as they were observed. */
  get censored(): number {
    return sumOf(this.#censored);
  }

  /** Adds what ended in step `steps` (from 1 on), or lasted at least that long. Longer ones reach the last step. */
  add(steps: number, hasEnded: boolean): void {
    const last = this.#ended.length - 1;
    const counts = hasEnded && steps <= last ? this.#ended : this.#censored;
    const step = Math.min(steps, last);
    counts[step] = (counts[step] ?? 0) + 1;
  }

  /** Adds all of another table of the same length. */
  addAll(other: LifeTable): void {
    for (let step = 0; step < this.#ended.length; step += 1) {
      this.#ended[step] = (this.#ended[step] ?? 0) + (other.#ended[step] ?? 0);
      this.#censored[step] = (this.#censored[step] ?? 0) + (other.#censored[step] ?? 0);
    }
  }

  /** How many of all last longer than `steps`. */
  survival(steps: number): Survival {
    let observed = this.count - (this.#censored[0] ?? 0);
    const atRisk = observed;
    let [share, variance, ended] = [1, 0, 0];
    for (let step = 1; step <= steps; step += 1) {
      if (observed === 0 && share > 0) return { atRisk, ended, share: null, low: null, high: null };
      const ends = this.#ended[step] ?? 0;
      if (ends > 0) {
        share *= (observed - ends) / observed;
        variance += ends / (observed * (observed - ends));
        ended += ends;
      }
      observed -= ends + (this.#censored[step] ?? 0);
    }
    if (share === 0 || share === 1) return { atRisk, ended, share, low: null, high: null };
    const spread = Math.exp((Z_95 * Math.sqrt(variance)) / Math.abs(Math.log(share)));
    return { atRisk, ended, share, low: share ** spread, high: share ** (1 / spread) };
  }
}

function sumOf(counts: Uint32Array): number {
  let sum = 0;
  for (let index = 0; index < counts.length; index += 1) sum += counts[index] ?? 0;
  return sum;
}
