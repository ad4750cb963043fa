import { EpochLost } from "../db/epoch-lost.ts";
import { UnusableDatabase } from "../db/failure.ts";
import type { PairFrameWriter } from "../db/history/pair-frame-repository.ts";
import type { SeriesRepository } from "../db/history/series-repository.ts";
import type { InstrumentDescriptions } from "../db/market/instrument-descriptions.ts";
import type { WriteQueue } from "../db/write-queue.ts";
import type { PairFrame } from "../domain/pair-frame.ts";
import { errorText, type Log } from "../lib/log.ts";
import type { OpportunityTracker } from "./opportunity-tracker.ts";

const HOUR_S = 3_600;

/** How long frames are kept: they answer how long spreads have lasted lately. */
export const PAIR_FRAMES_KEPT_S = 35 * 24 * HOUR_S;

export interface PairHistoryDeps {
  /** Called inside writes only. */
  readonly epoch: () => number;
  readonly frames: Pick<PairFrameWriter, "lastAt" | "write" | "prune">;
  readonly writes: Pick<WriteQueue, "attempt">;
  /** The open pairs as of the last check, under the ids of the history. */
  readonly frameAt: (atS: number) => PairFrame;
  readonly log: Log;
}

/** The open pairs of a tracker, under the ids of the history; those without a past are left out. */
export function pairFramesOf(
  tracker: Pick<OpportunityTracker, "frame">,
  series: Pick<SeriesRepository, "idOf">,
  instruments: Pick<InstrumentDescriptions, "uids">,
): (atS: number) => PairFrame {
  return (atS) => {
    const uids = instruments.uids();
    return tracker.frame(atS, (id) => {
      const uid = uids.get(id);
      return uid === undefined ? null : series.idOf(uid);
    });
  };
}

/** Stores the open pairs once an hour, after the first check in it. */
export class PairHistory {
  readonly #deps: PairHistoryDeps;
  #lastAt: number | null;

  constructor(deps: PairHistoryDeps) {
    this.#deps = deps;
    this.#lastAt = deps.frames.lastAt();
  }

  /** To be called after each check. If the file is busy, the next call tries again. Throws EpochLost. */
  note(nowMs: number): void {
    const atS = Math.floor(nowMs / 1000 / HOUR_S) * HOUR_S;
    // After the clock was set back, the hours until the newest frame are not stored twice.
    if (this.#lastAt !== null && atS <= this.#lastAt) return;
    const { epoch, frames, writes, frameAt, log } = this.#deps;
    try {
      const isStored = writes.attempt(() => {
        frames.write(epoch(), frameAt(atS));
        return true;
      });
      if (isStored === null) return;
      writes.attempt(() => frames.prune(epoch(), atS - PAIR_FRAMES_KEPT_S));
    } catch (error) {
      if (error instanceof EpochLost || error instanceof UnusableDatabase) throw error;
      log.error("pairs_not_stored", { reason: errorText(error) });
    }
    this.#lastAt = atS;
  }
}
