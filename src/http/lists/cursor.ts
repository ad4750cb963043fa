/** Where the next page starts: in which snapshot, of which query, after how many rows. */
export interface Cursor {
  readonly snapshotId: string;
  /** Hash of the canonical query without limit and cursor. */
  readonly queryHash: string;
  readonly offset: number;
}

/** Raised when the layout changes, so that an old cursor is malformed and not misread. */
const VERSION = "1";

/** `<epoch>-<seq>` or `<epoch>-<seq>.<k>`. */
const SNAPSHOT_ID = /^[\w.-]{1,64}$/;
const OFFSET = /^[1-9]\d{0,8}$/;

/** Far more than any cursor that this service makes. */
export const MAX_CURSOR_LENGTH = 256;

/** A cursor as text. Opaque to clients; it holds nothing that the answer does not say. */
export function encodeCursor(cursor: Cursor): string {
  const parts = [VERSION, cursor.snapshotId, cursor.queryHash, cursor.offset];
  return Buffer.from(parts.join("~")).toString("base64url");
}

/** The cursor that `text` holds, null when this service cannot have made it. */
export function decodeCursor(text: string): Cursor | null {
  const [version, snapshotId = "", queryHash = "", offset = "", ...rest] = Buffer.from(
    text,
    "base64url",
  )
    .toString()
    .split("~");
  if (version !== VERSION || rest.length > 0) return null;
  if (!SNAPSHOT_ID.test(snapshotId) || !OFFSET.test(offset)) return null;
  const cursor = { snapshotId, queryHash, offset: Number(offset) };
  // Decoding forgives foreign characters; only the exact text that encoding gives is a cursor.
  return encodeCursor(cursor) === text ? cursor : null;
}

/** The same in every process and version: xxHash64 is a published algorithm. */
export function hashQuery(canonical: string): string {
  return Bun.hash.xxHash64(canonical).toString(36);
}
