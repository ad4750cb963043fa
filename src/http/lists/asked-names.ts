import { findNames, type NamesFound } from "../../services/finder/asset-lookup.ts";
import type { SnapshotAnswers } from "../answers/snapshot-answers.ts";
import type { FixedHeaders } from "../protocol/headers.ts";
import { decodeCursor } from "./cursor.ts";

/** Parameters whose `base` holds bases, and what was found of the names that were asked for. */
interface Asked<Params> {
  readonly params: Params;
  /** Null where every name stands for itself. */
  readonly names: NamesFound | null;
}

/**
 * Puts bases in place of names that stand for them, in the snapshot that the request is answered from. Throws the 503
 * problem before the first one.
 */
export function withNames<
  Params extends { readonly base: readonly string[] | null; readonly cursor?: string | null },
>(answers: SnapshotAnswers, params: Params): Asked<Params> {
  const { base, cursor = null } = params;
  if (base === null) return { params, names: null };
  const at = cursor === null ? null : decodeCursor(cursor);
  const pinned = at === null ? null : answers.byId(at.state);
  const names = findNames(pinned ?? answers.current(), base);
  if (names.resolved.length + names.didYouMean.length === 0) return { params, names: null };
  return { params: { ...params, base: names.bases }, names };
}

/** What an envelope says of names; nothing where each stands for itself. */
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

/** The same for formats that have rows alone; names may have letters that no header has. */
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
