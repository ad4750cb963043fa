import type { BoardRow, Snapshot } from "../../domain/market.ts";
import { atOnce } from "../../lib/stepwise.ts";
import { yieldToEventLoop } from "../../lib/event-loop.ts";
import type { TimeStep } from "../../lib/time-step.ts";
import type { MissingExchange } from "../../domain/exchange.ts";
import { coverageOf } from "../../services/board/coverage.ts";
import { type FundingQuery, rowMatcher, selectRows } from "../../services/finder/funding-query.ts";
import {
  changesOf,
  differences,
  type RowDifference,
} from "../../services/finder/market-changes.ts";
import { type EventData, EventWriter, eventTexts, type SharedEvent } from "./event-text.ts";

/** Differences from older snapshots, by their ids, to one newer one: the same for all filters. */
export type Steps = Map<string, readonly RowDifference[]>;

/** Encoding a text of this length takes about a millisecond. */
const LONG_TEXT_CHARACTERS = 16 * 1024;

/** Result of checking a snapshot. */
interface Check {
  readonly snapshot: Snapshot | null;
  readonly isEmpty: boolean;
}

/** The events of one filter that lead to one snapshot, each encoded once. */
export class FilterEvents {
  readonly #query: FundingQuery;
  readonly #data: EventData;
  readonly #timeStep: TimeStep;
  readonly #matches: (row: BoardRow) => boolean;
  /** Whether the filter selects no row: in the last snapshot checked, and in the one before. */
  #last: Check;
  #before: Check | null = null;
  /** By the id of the reader's snapshot, "" for none; null if there is nothing to send. */
  readonly #made = new Map<string, SharedEvent | null>();
  #toId = "";

  /** `now` is the current snapshot; null before the first. */
  constructor(query: FundingQuery, data: EventData, now: Snapshot | null, timeStep: TimeStep) {
    this.#timeStep = timeStep;
    this.#query = query;
    this.#data = data;
    this.#matches = rowMatcher(query);
    this.#last = { snapshot: now, isEmpty: now === null || !now.rows.some(this.#matches) };
  }

  /** Whether the filter selects no row of the last snapshot checked. */
  get isEmpty(): boolean {
    return this.#last.isEmpty;
  }

  /** Checks a snapshot. If nothing was selected before, only rows that changed since can be. */
  check(at: Snapshot, steps: Steps): void {
    const { snapshot, isEmpty } = this.#last;
    if (snapshot === at) return;
    const isStillEmpty =
      isEmpty && snapshot !== null
        ? !stepTo(at, snapshot, steps).some(({ after }) => after !== null && this.#matches(after))
        : !at.rows.some(this.#matches);
    this.#before = this.#last;
    this.#last = { snapshot: at, isEmpty: isStillEmpty };
  }

  /** How many rows of `snapshot` the filter selects. */
  rowsIn(snapshot: Snapshot): number {
    return snapshot.rows.reduce((count, row) => (this.#matches(row) ? count + 1 : count), 0);
  }

  /** The event that leads from `since` to `to`; null if there is nothing to send; undefined if it is not built yet. */
  made(since: Snapshot | null, to: Snapshot): SharedEvent | null | undefined {
    const wasEmpty = since !== null && this.#isEmptyAt(since);
    if (wasEmpty && this.#isEmptyAt(to)) return null;
    return this.#toId === to.id ? this.#made.get(since?.id ?? "") : undefined;
  }

  /** Builds that event and keeps it until one for another snapshot is built. Long ones are built with pauses. */
  async make(since: Snapshot | null, to: Snapshot, steps: Steps): Promise<SharedEvent | null> {
    await yieldToEventLoop();
    const texts = this.#timeStep("stream", () =>
      since === null ? this.#reset(to) : this.#changes(since, to, steps),
    );
    const event = texts === null ? null : await encoded(texts);
    if (this.#toId !== to.id) this.discard();
    this.#toId = to.id;
    this.#made.set(since?.id ?? "", event);
    return event;
  }

  retained(): readonly SharedEvent[] {
    return [...this.#made.values()].filter((event) => event !== null);
  }

  /** Discards all events except `needed`. */
  discard(needed: ReadonlySet<SharedEvent> = new Set()): void {
    for (const [sinceId, event] of this.#made)
      if (event === null || !needed.has(event)) this.#made.delete(sinceId);
  }

  #isEmptyAt(snapshot: Snapshot): boolean {
    return [this.#last, this.#before].some(
      (check) => check !== null && check.isEmpty && check.snapshot === snapshot,
    );
  }

  #reset(to: Snapshot): Iterable<string> {
    const rows = atOnce(selectRows(to, this.#query));
    return eventTexts("reset", to.id, this.#data.reset(to, rows, this.#missingIn(to)));
  }

  #changes(since: Snapshot, to: Snapshot, steps: Steps): Iterable<string> | null {
    const changes = changesOf(stepTo(to, since, steps), this.#query);
    const missing = this.#missingIn(to);
    const isSame = changes.rows.length === 0 && changes.removed.length === 0;
    if (isSame && Bun.deepEquals(missing, this.#missingIn(since))) return null;
    return eventTexts("changes", to.id, this.#data.changes(to, since.id, changes, missing));
  }

  #missingIn(snapshot: Snapshot): readonly MissingExchange[] {
    return coverageOf(snapshot, { exchange: this.#query.exchanges }).missing;
  }
}

function stepTo(to: Snapshot, since: Snapshot, steps: Steps): readonly RowDifference[] {
  const found = steps.get(since.id) ?? differences(since, to);
  steps.set(since.id, found);
  return found;
}

async function encoded(texts: Iterable<string>): Promise<SharedEvent> {
  const writer = new EventWriter();
  for (const text of texts) {
    writer.add(text);
    if (text.length >= LONG_TEXT_CHARACTERS) await yieldToEventLoop();
  }
  return writer.event();
}
