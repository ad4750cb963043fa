import { namesOfThing } from "../../domain/asset-names.ts";
import type { BoardRow, Snapshot } from "../../domain/market.ts";
import { canonicalBase } from "../../domain/symbol.ts";
import { didYouMean } from "../../lib/nearest.ts";
import type { BoardView } from "../../services/board/board-view.ts";
import type { NamesFound } from "../../services/finder/asset-lookup.ts";
import { baseMatcher } from "../../services/finder/base-filter.ts";
import type { SnapshotAnswers } from "../answers/snapshot-answers.ts";
import { ApiError, asSentence } from "../protocol/problem.ts";
import type { RequestContext } from "../protocol/request-context.ts";
import { withNames } from "./resolved-names.ts";

/** The asset in a path: in canonical spelling, the names to filter by, and how they were resolved. */
interface KnownBase {
  readonly asked: string;
  readonly bases: readonly string[];
  readonly names: NamesFound | null;
}

/**
 * The asset that a path names. Throws 404 `unknown_base` for one that was never seen or that fits several, and the 503
 * problem before the first snapshot: then nothing is known, not even that an asset does not exist.
 */
export async function knownBase(
  { answers, board }: { readonly answers: SnapshotAnswers; readonly board: BoardView },
  c: { readonly env: RequestContext },
  base: string,
  cursor: string | null,
): Promise<KnownBase> {
  answers.current(c.env);
  const asked = canonicalBase(base);
  const { params, names } = await withNames(answers, c, { base: [asked], cursor });
  const snapshot = answers.current(c.env);
  const { rows } = snapshot;
  const fitting = names?.didYouMean ?? [];
  if (fitting.length > 0) throw unknownBase(asked, "fits several assets", fitting);
  const isMeant = baseMatcher(params.base);
  // A new name is found by listings under old ones, and vice versa.
  if (!wasSeen(snapshot, board, asked) && !rows.some(({ record }) => isMeant(record)))
    throw unknownBase(asked, `was never seen on any exchange${nearestBase(rows, asked)}`);
  return { asked, bases: params.base, names };
}

/** Whether a listing with this base had been seen by the time of the snapshot. */
function wasSeen({ past }: Snapshot, board: BoardView, base: string): boolean {
  return past === undefined
    ? board.knowsBase(base)
    : namesOfThing(base).some((name) => past.endedBases.has(name));
}

function nearestBase(rows: readonly BoardRow[], asked: string): string {
  return didYouMean(asked, [...new Set(rows.map(({ record }) => record.base))]);
}

function unknownBase(asked: string, why: string, fitting: readonly string[] = []): ApiError {
  return new ApiError("unknown_base", asSentence(`${JSON.stringify(asked)} ${why}`), {
    didYouMean: fitting,
  });
}
