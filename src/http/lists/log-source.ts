import type { Snapshot } from "../../domain/market.ts";
import type { EventPage, EventPart, EventPlace } from "../../lib/event-log.ts";
import { badCursor, type Cursor } from "./cursor.ts";
import type { Sources } from "./source.ts";

/** Stored events that are only ever appended. */
interface Log<Event> {
  /** The state that a snapshot shows. */
  readonly newest: (snapshot: Snapshot) => EventPlace;
  /** Whether the log was ever in the state `upTo`, with `event` in it. */
  readonly has: (upTo: EventPlace, event: EventPlace) => boolean;
  readonly page: (snapshot: Snapshot, part: EventPart) => EventPage<Event>;
}

/**
 * A log as far as the latest snapshot shows it, or up to where it was when a chain of pages began. Its cursors contain
 * everything needed: they never expire, and every process that reads the log accepts them.
 */
export function logSources<Event>(log: Log<Event>): Sources<Event> {
  return {
    cursorKind: "log",
    at: (cursor, newest) => {
      const upTo = cursor === null ? log.newest(newest) : stateOf(cursor);
      const after = cursor === null ? null : placeOf(cursor);
      return {
        version: `${upTo.id}-${upTo.atMs}`,
        // An empty log shows the time at which it was found empty.
        asOfMs: upTo.id === 0 ? newest.asOfMs : upTo.atMs,
        freshFor: newest,
        select: (limit) => {
          if (after !== null && !log.has(upTo, after)) throw unknownPlace();
          const { events, total, next } = log.page(newest, { upTo, after, limit });
          return { items: events, total, next: next === null ? null : [next.atMs, next.id] };
        },
      };
    },
  };
}

const STATE = /^([1-9]\d{0,14})-([1-9]\d{0,14})$/;

function stateOf({ state }: Cursor): EventPlace {
  const [, id, atMs] = STATE.exec(state) ?? [];
  if (id === undefined || atMs === undefined) throw unknownPlace();
  return { atMs: Number(atMs), id: Number(id) };
}

function placeOf({ place: [atMs = 0, id = 0] }: Cursor): EventPlace {
  return { atMs, id };
}

function unknownPlace() {
  return badCursor("does not refer to any event of this list");
}
