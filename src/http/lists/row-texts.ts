import type { BoardRow, Snapshot } from "../../domain/market.ts";
import type { Clock } from "../../lib/clock.ts";

/** A written row except for its age, which differs in each snapshot. */
export interface TextAroundAge {
  readonly before: string;
  readonly after: string;
}

/** How to write a row and compute its age. */
export interface RowWriting {
  /** Whole unix seconds since the row was observed, at `fetchedAt`. */
  readonly age: (row: BoardRow, fetchedAt: number) => number;
  readonly json: (row: BoardRow) => TextAroundAge;
  /** Including the line end. */
  readonly csv: (row: BoardRow) => TextAroundAge;
}

/** Writes rows in a snapshot of one time. */
export interface RowTextsAt {
  readonly json: (row: BoardRow) => string;
  readonly csv: (row: BoardRow) => string;
}

export interface RowTextsDeps {
  readonly writing: RowWriting;
  readonly clock: Pick<Clock, "monotonicMs">;
  /** Calls its argument with each new snapshot; returns a function that stops this. */
  readonly onPublish: (keep: (snapshot: Snapshot) => void) => () => void;
}

/** Texts are discarded if unused for this long: those of 12,000 rows take 10 MB in JSON and 4 MB in CSV. */
const KEPT_UNUSED_MS = 60_000;

/**
 * Keeps the texts of rows from snapshot to snapshot while lists are requested: only a twelfth of the rows change in
 * five seconds, and formatting numbers is expensive. Texts of rows that leave the board are discarded.
 */
export class RowTexts {
  readonly #deps: RowTextsDeps;
  #json = new Map<BoardRow, TextAroundAge>();
  #csv = new Map<BoardRow, TextAroundAge>();
  #usedAtMs = 0;
  /** Set while texts are kept. */
  #stopListening: (() => void) | null = null;

  constructor(deps: RowTextsDeps) {
    this.#deps = deps;
  }

  /** The number of texts kept. */
  get size(): number {
    return this.#json.size + this.#csv.size;
  }

  /** Writes rows with their age at `fetchedAt`, the unix seconds of their snapshot. */
  at(fetchedAt: number): RowTextsAt {
    const { clock, onPublish, writing } = this.#deps;
    this.#usedAtMs = clock.monotonicMs();
    this.#stopListening ??= onPublish((snapshot) => this.#keep(snapshot));
    const { age, json, csv } = writing;
    return {
      json: (row) => {
        let text = this.#json.get(row);
        if (text === undefined) this.#json.set(row, (text = json(row)));
        return text.before + age(row, fetchedAt) + text.after;
      },
      csv: (row) => {
        let text = this.#csv.get(row);
        if (text === undefined) this.#csv.set(row, (text = csv(row)));
        return text.before + age(row, fetchedAt) + text.after;
      },
    };
  }

  /** Discards the texts of rows that have left the board, or all texts if none were used lately. */
  #keep({ rows }: Snapshot): void {
    if (this.#deps.clock.monotonicMs() - this.#usedAtMs < KEPT_UNUSED_MS) {
      this.#json = keptOf(this.#json, rows);
      this.#csv = keptOf(this.#csv, rows);
      return;
    }
    this.#json = new Map();
    this.#csv = new Map();
    this.#stopListening?.();
    this.#stopListening = null;
  }
}

function keptOf(
  texts: ReadonlyMap<BoardRow, TextAroundAge>,
  rows: Snapshot["rows"],
): Map<BoardRow, TextAroundAge> {
  const kept = new Map<BoardRow, TextAroundAge>();
  if (texts.size === 0) return kept;
  for (const row of rows) {
    const text = texts.get(row);
    if (text !== undefined) kept.set(row, text);
  }
  return kept;
}
