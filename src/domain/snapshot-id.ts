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

/**
 * `past-<moment in unix seconds>-<content>`: the same in all processes that read the same samples, and another one if
 * samples were added.
 */
export function pastSnapshotId(atSeconds: number, contentHash: bigint): string {
  return `past-${atSeconds}-${contentHash.toString(HASH_RADIX)}`;
}

const HASH_RADIX = 36;

/** Every text that can be the id of a past snapshot: 64 bits have at most 13 digits. */
export const PAST_SNAPSHOT_ID = /^past-\d{1,12}-[0-9a-z]{1,13}$/;
