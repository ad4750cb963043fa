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
