import type { BoardRow, Snapshot } from "../../domain/market.ts";
import type { Clock } from "../../lib/clock.ts";
import { yieldToEventLoop } from "../../lib/event-loop.ts";
import type { TimeStep } from "../../lib/time-step.ts";

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
  readonly timeStep: TimeStep;
  /** Registers a listener for new snapshots; returns the function that removes it. */
  readonly onPublish: (keep: (snapshot: Snapshot) => void) => () => void;
}

/** Rows looked at before requests are served again: about half a millisecond. */
const ROWS_PER_STEP = 2_000;

/** Texts are discarded if unused for this long: those of 12,000 rows take 10 MB in JSON and 4 MB in CSV. */
const KEPT_UNUSED_MS = 60_000;

/**
 * Keeps the texts of rows from snapshot to snapshot while lists are requested: only a twelfth of the rows change in
 * five seconds, and formatting numbers is expensive. Texts of rows that leave the board are discarded.
 */
export class RowTexts {
  readonly #deps: RowTextsDeps;
  #texts = new Map<BoardRow, RowText>();
  /** Another map while the texts to keep are picked out. */
  #kept = this.#texts;
  #usedAtMs = 0;
  #newest: Snapshot | null = null;
  /** Set while texts are cached. */
  #stopListening: (() => void) | null = null;

  constructor(deps: RowTextsDeps) {
    this.#deps = deps;
  }

  /** The number of rows with a cached text. */
  get size(): number {
    return this.#texts.size;
  }

  /** Writes rows with their age at `fetchedAt`, the unix seconds of their snapshot. */
  at(fetchedAt: number): RowTextsAt {
    const { clock, onPublish, writing } = this.#deps;
    this.#usedAtMs = clock.monotonicMs();
    this.#stopListening ??= onPublish((snapshot) => void this.#keep(snapshot));
    const { age, json, csv } = writing;
    return {
      json: (row) => {
        const text = this.#textOf(row);
        text.json ??= json(row);
        return text.json.before + age(row, fetchedAt) + text.json.after;
      },
      csv: (row) => {
        const text = this.#textOf(row);
        text.csv ??= csv(row);
        return text.csv.before + age(row, fetchedAt) + text.csv.after;
      },
    };
  }

  #textOf(row: BoardRow): RowText {
    let text = this.#texts.get(row);
    if (text === undefined) {
      text = { json: null, csv: null };
      this.#texts.set(row, text);
      this.#kept.set(row, text);
    }
    return text;
  }

  /** Discards the texts of rows that have left the board, or all texts if none were used lately. */
  async #keep(snapshot: Snapshot): Promise<void> {
    const { clock, timeStep } = this.#deps;
    this.#newest = snapshot;
    const kept = new Map<BoardRow, RowText>();
    this.#kept = kept;
    // Not in the step that publishes.
    await yieldToEventLoop();
    if (this.#newest !== snapshot) return;
    const isUnused = clock.monotonicMs() - this.#usedAtMs >= KEPT_UNUSED_MS;
    const rows = isUnused || this.#texts.size === 0 ? [] : snapshot.rows;
    for (let from = 0; from < rows.length; from += ROWS_PER_STEP) {
      if (from > 0) await yieldToEventLoop();
      if (this.#newest !== snapshot) return;
      timeStep("row_texts", () => {
        for (const row of rows.slice(from, from + ROWS_PER_STEP)) {
          const text = this.#texts.get(row);
          if (text !== undefined) kept.set(row, text);
        }
      });
    }
    this.#texts = kept;
    this.#newest = null;
    if (!isUnused) return;
    this.#stopListening?.();
    this.#stopListening = null;
  }
}

/** The texts of a row, each once it was needed. */
interface RowText {
  json: TextAroundAge | null;
  csv: TextAroundAge | null;
}
