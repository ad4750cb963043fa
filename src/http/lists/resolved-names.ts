import type { Snapshot } from "../../domain/market.ts";
import { inSteps } from "../../lib/stepwise.ts";
import { findNames, type NamesFound } from "../../services/finder/asset-lookup.ts";
import type { SnapshotAnswers } from "../answers/snapshot-answers.ts";
import type { FixedHeaders } from "../protocol/headers.ts";
import type { RequestContext } from "../protocol/request-context.ts";
import { decodeCursor } from "./cursor.ts";

/** Parameters with resolved bases, and how the names were resolved. */
interface ResolvedParams<Params> {
  readonly params: Params;
  /** Null if every name is a base itself. */
  readonly names: NamesFound | null;
}

/**
 * Replaces names by the bases they stand for, in the snapshot that the request is answered from. Throws the 503 problem
 * before the first snapshot.
 */
export async function withNames<
  Params extends { readonly base: readonly string[] | null; readonly cursor?: string | null },
>(
  answers: SnapshotAnswers,
  c: { readonly env: RequestContext },
  params: Params,
): Promise<ResolvedParams<Params>> {
  const { base, cursor = null } = params;
  if (base === null) return { params, names: null };
  const at = cursor === null ? null : decodeCursor(cursor);
  const pinned = at === null ? null : answers.byId(at.state);
  const names = await namesIn(() => pinned ?? answers.current(c.env), answers, base);
  if (names.resolved.length + names.didYouMean.length === 0) return { params, names: null };
  return { params: { ...params, base: names.bases }, names };
}

/** Resolves names in the snapshot that is served when they are known: another one may come in between. */
async function namesIn(
  served: () => Snapshot,
  answers: SnapshotAnswers,
  asked: readonly string[],
): Promise<NamesFound> {
  for (;;) {
    const snapshot = served();
    const names = await inSteps(findNames(snapshot, asked), answers.pauses());
    if (served() === snapshot) return names;
  }
}

/** The envelope's members about names; empty if nothing was resolved. */
export function namesMember(names: NamesFound | null) {
  const { resolved = [], didYouMean = [] } = names ?? {};
  return {
    ...(resolved.length > 0 && {
      resolved: {
        asked: resolved.map(({ asked }) => asked).join(","),
        base: resolved.map(({ base }) => base).join(","),
      },
    }),
    ...(didYouMean.length > 0 && { did_you_mean: [...didYouMean] }),
  };
}

/** The same as headers, for formats without an envelope; percent-encoded because names may contain any character. */
export function namesHeaders(names: NamesFound | null): FixedHeaders {
  const { resolved = [], didYouMean = [] } = names ?? {};
  return {
    ...(resolved.length > 0 && {
      "x-resolved": resolved
        .map(({ asked, base }) => `${encodeURIComponent(asked)}=${encodeURIComponent(base)}`)
        .join(", "),
    }),
    ...(didYouMean.length > 0 && {
      "x-did-you-mean": didYouMean.map(encodeURIComponent).join(", "),
    }),
  };
}
