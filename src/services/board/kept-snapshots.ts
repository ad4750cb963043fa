import type { Snapshot } from "../../domain/market.ts";

/** How long a replaced snapshot is kept: for cursors made by another process, and for streams that were cut off … */
export const KEPT_MS = 20_000;
/** … and for cursors that were made here. */
const PINNED_KEPT_MS = 120_000;

interface Kept {
  readonly snapshot: Snapshot;
  readonly replacedAtMs: number;
}

/** Replaced snapshots, for those who go on in them. Times are of the monotonic clock. */
export class KeptSnapshots {
  readonly #most: number;
  /** The newest first. */
  #kept: Kept[] = [];
  /** Snapshots that cursors point at, the current one among them. */
  readonly #pinned = new Set<string>();

  /** One is replaced every `publishEveryMs` at most. */
  constructor(publishEveryMs: number) {
    this.#most = Math.ceil(PINNED_KEPT_MS / publishEveryMs);
  }

  /** The snapshot called `id` where it is kept still. */
  find(id: string, nowMs: number): Snapshot | null {
    this.#forget(nowMs, null);
    return this.#kept.find(({ snapshot }) => snapshot.id === id)?.snapshot ?? null;
  }

  /** A cursor into this snapshot, the current one or a kept one, was made here. */
  pin(id: string): void {
    this.#pinned.add(id);
  }

  /** Keeps `replaced`, in whose place `current` has come. */
  replace(replaced: Snapshot | null, current: Snapshot, nowMs: number): void {
    if (replaced !== null) this.#kept.unshift({ snapshot: replaced, replacedAtMs: nowMs });
    this.#forget(nowMs, current.id);
  }

  /** Pins of snapshots that are gone are forgotten with them; `currentId`: where the current one has just changed. */
  #forget(nowMs: number, currentId: string | null): void {
    const keptMs = ({ snapshot }: Kept): number =>
      this.#pinned.has(snapshot.id) ? PINNED_KEPT_MS : KEPT_MS;
    this.#kept = this.#kept
      .filter((kept) => nowMs - kept.replacedAtMs < keptMs(kept))
      .slice(0, this.#most);
    if (currentId === null) return;
    const held = new Set(this.#kept.map(({ snapshot }) => snapshot.id));
    for (const id of this.#pinned) if (!held.has(id) && id !== currentId) this.#pinned.delete(id);
  }
}
