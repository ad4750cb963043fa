/** A place in a log: the time of an event and its id, which orders events of the same time. Ids rise as events are stored. */
export interface EventPlace {
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly id: number;
}

/** The state of a log in which nothing has happened. */
export const NO_EVENT: EventPlace = { atMs: 0, id: 0 };

/** Which events of those that match are shown. */
export interface EventPart {
  /**
   * The state of the log: no event is later than `atMs`, none has a greater id. What is stored after a state was read
   * is no part of it, whatever its time.
   */
  readonly upTo: EventPlace;
  /** The last event of the page before; null on the first page. */
  readonly after: EventPlace | null;
  /** At most so many; null: all. */
  readonly limit: number | null;
}

/** One page of a log, the newest first. */
export interface EventPage<Event> {
  readonly events: readonly Event[];
  /** How many match, on all pages. */
  readonly total: number;
  /** The last one here where more come after it, else null. */
  readonly next: EventPlace | null;
}

/**
 * The page of `matching`, which are in order, the newest first. By the place of an event, not by a count of those
 * before it: what is added to the log or taken from it meanwhile moves no other event to another page.
 */
export function eventPage<Event>(
  matching: readonly Event[],
  placeOf: (event: Event) => EventPlace,
  { after, limit }: Pick<EventPart, "after" | "limit">,
): EventPage<Event> {
  const first = after === null ? 0 : matching.findIndex((one) => isOlder(placeOf(one), after));
  const rest = first < 0 ? [] : matching.slice(first);
  const events = limit === null ? rest : rest.slice(0, limit);
  const last = events.length < rest.length ? events.at(-1) : undefined;
  return { events, total: matching.length, next: last === undefined ? null : placeOf(last) };
}

function isOlder(one: EventPlace, other: EventPlace): boolean {
  return one.atMs === other.atMs ? one.id < other.id : one.atMs < other.atMs;
}
