import { PAST_SNAPSHOT_ID, SNAPSHOT_ID } from "../../domain/snapshot-id.ts";
import { ApiError } from "../protocol/problem.ts";

/**
 * The marker, the state and the number of numbers of each kind of cursor. A changed layout gets a new marker, so that
 * old cursors are refused instead of misread.
 */
const LAYOUTS = {
  /** In a snapshot: the number of rows before the page. */
  snapshot: { mark: "1", state: SNAPSHOT_ID, numbers: 1 },
  /** In a snapshot of the past: the number of rows before the page. */
  past: { mark: "past1", state: PAST_SNAPSHOT_ID, numbers: 1 },
  /** In a log: the time of the last event before the page in unix milliseconds, and that event's id. */
  log: { mark: "log1", state: /^\d{1,15}-\d{1,15}$/, numbers: 2 },
  /** In points of the past: the snapshot's time, the last point's slot (unix seconds) and series, the number of points. */
  points: { mark: "points1", state: SNAPSHOT_ID, numbers: 4 },
  /** In a table computed from the past: the minute up to which it is computed, and the number of rows before the page. */
  table: { mark: "table1", state: SNAPSHOT_ID, numbers: 2 },
} as const;

export type CursorKind = keyof typeof LAYOUTS;

const KINDS: readonly CursorKind[] = ["snapshot", "past", "log", "points", "table"];

/** Where the next page starts: in which state of its source, of which query, after which position. */
export interface Cursor {
  readonly kind: CursorKind;
  /** `version` of the source that the first page was answered from. */
  readonly state: string;
  /** Hash of the canonical query without limit and cursor. */
  readonly queryHash: string;
  readonly place: readonly number[];
}

const NUMBER = /^[1-9]\d{0,14}$/;

/** Far more than any cursor that this service makes. */
export const MAX_CURSOR_LENGTH = 256;

/** A cursor as text. Opaque to clients; it contains nothing that the answer does not. */
export function encodeCursor({ kind, state, queryHash, place }: Cursor): string {
  const parts = [LAYOUTS[kind].mark, state, queryHash, ...place];
  return Buffer.from(parts.join("~")).toString("base64url");
}

/** The cursor in `text`; null if this service cannot have issued it. */
export function decodeCursor(text: string): Cursor | null {
  const [mark, state = "", queryHash = "", ...place] = Buffer.from(text, "base64url")
    .toString()
    .split("~");
  const kind = KINDS.find((one) => LAYOUTS[one].mark === mark);
  if (kind === undefined || place.length !== LAYOUTS[kind].numbers) return null;
  if (!LAYOUTS[kind].state.test(state) || !place.every((number) => NUMBER.test(number)))
    return null;
  const cursor = { kind, state, queryHash, place: place.map(Number) };
  // Decoding ignores invalid characters; only the exact text that encoding produces is a cursor.
  return encodeCursor(cursor) === text ? cursor : null;
}

/** The cursor of a request. Throws `bad_cursor` for invalid text, or a cursor of another list or query. */
export function cursorOf(text: string, kind: CursorKind, queryHash: string): Cursor {
  const cursor = decodeCursor(text);
  if (cursor === null) throw badCursor("is not a cursor of this service");
  if (cursor.kind !== kind || cursor.queryHash !== queryHash)
    throw badCursor("belongs to another query: send it with the parameters of its first page");
  return cursor;
}

/** Another process may be this much ahead of the snapshots of this one. */
const AHEAD_MS = 60_000;

/** The time of a cursor, unix ms. Throws `bad_cursor` for one that no process can have issued by `newestMs`. */
export function issuedBy(atMs: number, newestMs: number): number {
  if (atMs > newestMs + AHEAD_MS) throw badCursor("is not a cursor of this service");
  return atMs;
}

/** The problem for a cursor that was never issued. */
export function badCursor(rule: string): ApiError {
  return new ApiError("bad_cursor", `The cursor ${rule}.`, {
    errors: [{ parameter: "cursor", rule }],
  });
}

/** The same in every process and version: xxHash64 is a published algorithm. */
export function hashQuery(canonical: string): string {
  return Bun.hash.xxHash64(canonical).toString(36);
}
