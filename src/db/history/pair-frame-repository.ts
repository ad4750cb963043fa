import type { Database } from "bun:sqlite";
import type { PairFrame } from "../../domain/pair-frame.ts";
import { DamagedBlob, decoding, seal, unseal, versionBytes } from "./codec/envelope.ts";
import { isKeyPairFrame, pairFrameBody, pairFrameOf } from "./codec/pairs.ts";
import type { HistoryEpochRepository } from "./epoch-repository.ts";

const DAY_S = 86_400;

/** Deleted in one step: each is some 50 KB. */
const PRUNED_AT_ONCE = 24;

interface Row {
  readonly at: number;
  readonly blob: Uint8Array;
}

/** Writes the hourly frames of open pairs. The last one is in memory, because the next states what differs from it. */
export class PairFrameWriter {
  readonly #epochs: HistoryEpochRepository;
  readonly #program;
  readonly #insert;
  readonly #delete;
  readonly #last;
  #before: PairFrame | null = null;

  /** `version`: that of the program, which each blob carries. */
  constructor(db: Database, epochs: HistoryEpochRepository, version: string) {
    this.#epochs = epochs;
    this.#program = versionBytes(version);
    this.#insert = db.query("INSERT INTO pair_frames (at, blob) VALUES (?, ?)");
    this.#delete = db.query(
      "DELETE FROM pair_frames WHERE at IN (SELECT at FROM pair_frames WHERE at < ? ORDER BY at LIMIT ?)",
    );
    this.#last = db.query<{ at: number | null }, []>("SELECT max(at) AS at FROM pair_frames");
  }

  /** The time of the newest frame, unix seconds; null if there is none. */
  lastAt(): number | null {
    return this.#last.get()?.at ?? null;
  }

  /** Stores a frame newer than all others. The first of a day and of a process is a key frame. Throws EpochLost. */
  write(epoch: number, frame: PairFrame): void {
    const before = this.#before;
    const isSameDay =
      before !== null && Math.floor(before.at / DAY_S) === Math.floor(frame.at / DAY_S);
    const body = pairFrameBody(frame, isSameDay ? before : null);
    const bytes = seal("pairs", body, this.#program);
    this.#before = null;
    this.#epochs.write(epoch, () => this.#insert.run(frame.at, bytes));
    this.#before = frame;
  }

  /** Deletes frames of days that ended before `beforeS`, a few at a time; returns whether there may be more. */
  prune(epoch: number, beforeS: number): boolean {
    const dayS = Math.floor(beforeS / DAY_S) * DAY_S;
    return this.#epochs.write(epoch, () => this.#delete.run(dayS, PRUNED_AT_ONCE)).changes > 0;
  }
}

/** Reads the hourly frames of open pairs. */
export class PairFrameReader {
  readonly #next;

  constructor(db: Database) {
    this.#next = db.query<Row, [number, number]>(
      "SELECT at, blob FROM pair_frames WHERE at >= ? AND at < ? ORDER BY at LIMIT 1",
    );
  }

  /**
   * The frames in [fromS, toS), oldest first, one in memory at a time. A damaged one is passed to `onDamage` and left
   * out with those that need it. Each is a statement of its own: several can be read in turn, and none to its end.
   */
  *read(
    fromS: number,
    toS: number,
    onDamage: (atS: number, reason: string) => void,
  ): Generator<PairFrame> {
    let before: PairFrame | null = null;
    // The first frame of the day is the key to the others.
    const dayS = Math.floor(fromS / DAY_S) * DAY_S;
    let row = this.#next.get(dayS, toS);
    for (; row !== null; row = this.#next.get(row.at + 1, toS)) {
      const { at, blob } = row;
      try {
        before = this.#frame(blob, before);
      } catch (error) {
        if (!(error instanceof DamagedBlob)) throw error;
        before = null;
        onDamage(at, error.message);
        continue;
      }
      if (at >= fromS) yield before;
    }
  }

  #frame(blob: Uint8Array, before: PairFrame | null): PairFrame {
    const body = unseal("pairs", blob);
    return decoding(() => pairFrameOf(body, isKeyPairFrame(body) ? null : before));
  }
}
