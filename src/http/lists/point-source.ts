import type { Snapshot } from "../../domain/market.ts";
import type { Pauses } from "../../lib/pauses.ts";
import type { PointPlace } from "../../services/history/history-query.ts";
import type { SnapshotAnswers } from "../answers/snapshot-answers.ts";
import { issuedBy } from "./cursor.ts";
import type { Page, Sources } from "./source.ts";

/** Where a page of points starts, and what the first page has found out for all of them. */
interface PointPart {
  /** The time that the first page was answered for, unix ms. */
  readonly asOfMs: number;
  /** Null: from the beginning. */
  readonly after: PointPlace | null;
  /** Null on the first page. */
  readonly total: number | null;
  /** Null: as many as a page may have. */
  readonly limit: number | null;
  readonly pauses: Pauses;
}

/** A page as it was read. */
interface PointsRead {
  readonly count: number;
  readonly total: number;
  readonly next: PointPlace | null;
}

/**
 * Points in the order of time, as of the snapshot with which a chain of pages began: later points are on none of its
 * pages. The cursor contains everything needed, so it never expires; only what a snapshot says about listings is taken
 * from the newest one once that snapshot is no longer kept. The items of a page are the indexes of its points.
 */
export function pointSources(
  answers: Pick<SnapshotAnswers, "byId" | "pin">,
  read: (part: PointPart, snapshot: Snapshot) => Promise<PointsRead>,
): Sources<number> {
  return {
    cursorKind: "points",
    isPast: true,
    at: (cursor, newest) => {
      const [asOf = secondsOf(newest.asOfMs), slot, seriesId, total = null] = cursor?.place ?? [];
      const asOfMs = issuedBy(asOf * 1000, newest.asOfMs);
      const after =
        slot === undefined || seriesId === undefined ? null : { slotMs: slot * 1000, seriesId };
      return {
        version: cursor?.state ?? newest.id,
        asOfMs,
        freshFor: newest,
        select: async (limit, pauses): Promise<Page<number>> => {
          const begun = cursor === null ? newest : (answers.byId(cursor.state) ?? newest);
          const found = await read({ asOfMs, after, total, limit, pauses }, begun);
          const { next } = found;
          if (next !== null) answers.pin(begun);
          return {
            items: Array.from({ length: found.count }, (_, index) => index),
            total: found.total,
            next: next === null ? null : [asOf, secondsOf(next.slotMs), next.seriesId, found.total],
          };
        },
      };
    },
  };
}

function secondsOf(ms: number): number {
  return Math.floor(ms / 1000);
}
