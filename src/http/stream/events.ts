import type { BoardRow, Snapshot } from "../../domain/market.ts";
import type { MissingExchange } from "../../domain/exchange.ts";
import type { EventData } from "./event-text.ts";
import { secondsOf } from "../lists/row-fields.ts";
import { fundingRow } from "../lists/funding-row.ts";
import type { StreamChanges, StreamReset } from "./schema.ts";

/** Rows serialised at a time: about a millisecond. */
const ROWS_PER_TEXT = 256;

/** The JSON of events, with the API's fields and row format. */
export const EVENT_DATA: EventData = {
  reset: (snapshot, rows, missing) =>
    objectTexts<StreamReset>({ ...shown(snapshot, missing), rows: [] }, snapshot, rows),
  changes: (snapshot, since, { rows, removed }, missing) =>
    objectTexts<StreamChanges>(
      { ...shown(snapshot, missing), since, removed: [...removed], rows: [] },
      snapshot,
      rows,
    ),
};

function shown(snapshot: Snapshot, missing: readonly MissingExchange[]) {
  const fetchedAt = secondsOf(snapshot.asOfMs);
  return { snapshot: snapshot.id, fetched_at: fetchedAt, missing: [...missing] };
}

/** `frame` with its last field, the empty list of rows, filled row by row. */
function* objectTexts<Frame extends { readonly rows: readonly unknown[] }>(
  frame: Frame,
  snapshot: Snapshot,
  rows: readonly BoardRow[],
): Generator<string> {
  const fetchedAt = secondsOf(snapshot.asOfMs);
  yield JSON.stringify(frame).slice(0, -"]}".length);
  for (let from = 0; from < rows.length; from += ROWS_PER_TEXT) {
    const part = rows.slice(from, from + ROWS_PER_TEXT).map((row) => fundingRow(row, fetchedAt));
    yield `${from === 0 ? "" : ","}${JSON.stringify(part).slice(1, -1)}`;
  }
  yield "]}";
}
