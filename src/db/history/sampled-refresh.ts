import type { FlagBits } from "../../domain/flags.ts";
import type { Sample } from "../../domain/sample.ts";
import type { SeriesDescription } from "./series-repository.ts";

/** What an instrument is, as far as that changes rarely. */
export interface SampledSeries {
  readonly series: SeriesDescription;
  /** Which asset it was held to be, null if that was not known. */
  readonly assetId: string | null;
}

/** What one instrument showed. */
export interface SampledRow {
  /** Its index in the listings. */
  readonly place: number;
  readonly sample: Sample;
  /** Its flags that last; see LASTING_FLAGS. */
  readonly flags: FlagBits;
}

/** One instrument of an accepted batch by itself. */
export interface SampledInstrument extends SampledSeries, Omit<SampledRow, "place"> {}

/** What an accepted batch contains. */
export interface SampledRefresh {
  /** Stands for the listings: the same object as long as nothing about them has changed. */
  readonly listings: object;
  /** These listings; may be null once a refresh with them was stored. */
  readonly series: readonly SampledSeries[] | null;
  /** Of those listings that are in the batch. */
  readonly rows: readonly SampledRow[];
}

/** A refresh with its own descriptions. */
export function refreshOf(
  instruments: readonly SampledInstrument[],
  listings: object = {},
): SampledRefresh {
  const rows = instruments.map(({ sample, flags }, place) => ({ place, sample, flags }));
  return { listings, series: instruments, rows };
}
