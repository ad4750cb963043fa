/**
 * `<epoch>-<sequence>` of what is stored, the same in all processes and increasing; `.<periods>` is appended if only
 * time has passed since: that many publishing periods.
 */
export function snapshotId(
  { epoch, seq }: { readonly epoch: number; readonly seq: number },
  periods: number,
): string {
  return periods === 0 ? `${epoch}-${seq}` : `${epoch}-${seq}.${periods}`;
}

/** Every text that can be a snapshot id; no safe integer has more digits. */
export const SNAPSHOT_ID = /^\d{1,16}-\d{1,16}(\.\d{1,16})?$/;

/** The id of a past moment, in unix seconds; `.<seconds>` is appended while samples of it may still be added: when it was made. */
export function pastSnapshotId(atSeconds: number, madeAtSeconds: number | null): string {
  return madeAtSeconds === null ? `past-${atSeconds}` : `past-${atSeconds}.${madeAtSeconds}`;
}

/** Every text that can be the id of a past snapshot. */
export const PAST_SNAPSHOT_ID = /^past-\d{1,12}(\.\d{1,12})?$/;
