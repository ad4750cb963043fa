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

/** The samples of some refreshes, by series. */
export interface ReplayedRefreshes {
  /** Their times, ascending. */
  readonly axis: Float64Array;
  /** In the order of their ids. */
  readonly sections: readonly Section[];
  readonly damages: readonly Damage[];
}

/**
 * Reads refreshes one after the other. After a damaged one nothing is read up to the next key frame: what follows says
 * only how it differs.
 */
export function replay(blobs: readonly StoredBlob[]): ReplayedRefreshes {
  const builders = new Map<number, ColumnsBuilder>();
  const times: number[] = [];
  const damages: Damage[] = [];
  let before: RefreshColumns | null = null;
  for (const { start, blob } of blobs) {
    try {
      before = readRefresh(blob, before);
    } catch (error) {
      if (!(error instanceof DamagedBlob)) throw error;
      damages.push({ start, reason: error.message });
      before = null;
      continue;
    }
    times.push(before.at);
    addRefresh(builders, before);
  }
  const sections = [...builders]
    .map(([seriesId, builder]) => ({ seriesId, columns: builder.columns() }))
    .toSorted((one, other) => one.seriesId - other.seriesId);
  return { axis: Float64Array.from(times), sections, damages };
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
