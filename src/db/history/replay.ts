import { ColumnsBuilder } from "./codec/columns.ts";
import { DamagedBlob, decoding, unseal } from "./codec/envelope.ts";
import { isKeyFrame, type RefreshColumns, refreshOf } from "./codec/refresh.ts";
import type { Section } from "./codec/sections.ts";
import type { StoredBlob } from "./sample-store.ts";

/** What could not be read: where, and why. */
export interface Damage {
  /** Unix seconds: the start of what the blob covers. */
  readonly start: number;
  readonly reason: string;
}

/**
 * Reads refreshes one after the other. After a damaged one nothing is read up to the next key frame: what follows says
 * only how it differs.
 */
export class Replay {
  readonly damages: Damage[] = [];
  readonly #builders = new Map<number, ColumnsBuilder>();
  readonly #times: number[] = [];
  #before: RefreshColumns | null = null;

  /** Adds the refresh after all others; returns of how many series it is, 0 if it cannot be read. */
  add({ start, blob }: StoredBlob): number {
    try {
      this.#before = readRefresh(blob, this.#before);
    } catch (error) {
      if (!(error instanceof DamagedBlob)) throw error;
      this.damages.push({ start, reason: error.message });
      this.#before = null;
      return 0;
    }
    this.#times.push(this.#before.at);
    addRefresh(this.#builders, this.#before);
    return this.#before.ids.length;
  }

  /** The times of those that could be read, ascending. */
  get axis(): Float64Array {
    return Float64Array.from(this.#times);
  }

  /** The samples of each series, in the order of the ids. */
  *sections(): Generator<Section, void, void> {
    const ids = [...this.#builders.keys()].toSorted((one, other) => one - other);
    for (const seriesId of ids)
      yield { seriesId, columns: builderOf(this.#builders, seriesId).columns() };
  }
}

function readRefresh(blob: Uint8Array, before: RefreshColumns | null): RefreshColumns {
  const body = unseal("refresh", blob);
  return decoding(() => refreshOf(body, isKeyFrame(body) ? null : before));
}

function addRefresh(builders: Map<number, ColumnsBuilder>, refresh: RefreshColumns): void {
  const { at, ids, rates, intervals, nextTimes, market } = refresh;
  for (let index = 0; index < ids.length; index += 1)
    builderOf(builders, ids[index] ?? 0).add(
      at,
      rates[index] ?? Number.NaN,
      intervals[index] ?? Number.NaN,
      nextTimes[index] ?? Number.NaN,
    );
  market.at.forEach((index, place) => {
    builderOf(builders, ids[index] ?? 0).addMarket([
      market.markPrices[place] ?? Number.NaN,
      market.indexPrices[place] ?? Number.NaN,
      market.openInterestUsd[place] ?? Number.NaN,
      market.volume24hUsd[place] ?? Number.NaN,
    ]);
  });
}

function builderOf(builders: Map<number, ColumnsBuilder>, id: number): ColumnsBuilder {
  const known = builders.get(id);
  if (known !== undefined) return known;
  const made = new ColumnsBuilder();
  builders.set(id, made);
  return made;
}
