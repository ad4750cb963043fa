import type { Snapshot } from "../../domain/market.ts";

/** How long a replaced snapshot is retained: for cursors issued by another process and for interrupted streams … */
export const KEPT_MS = 20_000;
/** … and for cursors issued by this one. */
export const PINNED_KEPT_MS = 120_000;

interface Kept {
  readonly snapshot: Snapshot;
  readonly replacedAtMs: number;
}

/** Replaced snapshots, retained for cursors and streams. Times are of the monotonic clock. */
export class KeptSnapshots {
  readonly #maxRetained: number;
  /** Newest first. */
  #kept: Kept[] = [];
  /** Snapshots that cursors refer to, possibly including the current one. */
  readonly #pinned = new Set<string>();

  /** Snapshots are replaced at most every `publishEveryMs`. */
  constructor(publishEveryMs: number) {
    this.#maxRetained = Math.ceil(PINNED_KEPT_MS / publishEveryMs);
  }

  /** The snapshot with this id, if it is still retained. */
  find(id: string, nowMs: number): Snapshot | null {
    this.#forget(nowMs, null);
    return this.#kept.find(({ snapshot }) => snapshot.id === id)?.snapshot ?? null;
  }

  /** Called when a cursor into this snapshot, current or retained, is issued. */
  pin(id: string): void {
    this.#pinned.add(id);
  }

  /** Retains `replaced`, now that `current` has taken its place. */
  replace(replaced: Snapshot | null, current: Snapshot, nowMs: number): void {
    if (replaced !== null) this.#kept.unshift({ snapshot: replaced, replacedAtMs: nowMs });
    this.#forget(nowMs, current.id);
  }

  /** Drops expired snapshots and, after a replacement (`currentId`), pins of snapshots that are no longer retained. */
  #forget(nowMs: number, currentId: string | null): void {
    const keptMs = ({ snapshot }: Kept): number =>
      this.#pinned.has(snapshot.id) ? PINNED_KEPT_MS : KEPT_MS;
    this.#kept = this.#kept
      .filter((kept) => nowMs - kept.replacedAtMs < keptMs(kept))
      .slice(0, this.#maxRetained);
    if (currentId === null) return;
    const retained = new Set(this.#kept.map(({ snapshot }) => snapshot.id));
    for (const id of this.#pinned)
      if (!retained.has(id) && id !== currentId) this.#pinned.delete(id);
  }
}
