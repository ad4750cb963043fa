import { expect, spyOn, test } from "bun:test";
import { RetentionStore } from "../../src/db/history/retention-store.ts";
import { EVENT_KINDS } from "../../src/db/history/sample-schema.ts";
import { historyInMemory } from "../support/history-db.ts";
import { seriesOf } from "../support/history.ts";
import { draw } from "../support/sampled-market.ts";
import { SeriesRepository } from "../../src/db/history/series-repository.ts";

const BEFORE_S = 1_000_000;
const SERIES = 120;

interface Event {
  readonly id: number;
  readonly kind: string;
  readonly at: number;
}

test("events are deleted in slices once a later one holds, without a search through all of them", () => {
  using db = historyInMemory();
  const series = new SeriesRepository(db);
  const insert = db.query(
    "INSERT INTO series_events (series_id, kind, at, value) VALUES (?, ?, ?, '1')",
  );
  const events: Event[] = [];
  for (let n = 0; n < SERIES; n += 1) {
    const { id } = series.ensure(seriesOf(`C${n}`));
    for (const kind of EVENT_KINDS) {
      // One has thousands, some have none, or none before the time.
      const count = n === 60 ? 2_000 : draw(6, kind, n);
      const first = BEFORE_S - draw(2 * count + 1, kind, n, "first");
      for (let event = 0; event < count; event += 1) {
        const at = first + event;
        insert.run(id, kind, at);
        events.push({ id, kind, at });
      }
    }
  }
  const isKept = ({ id, kind, at }: Event): boolean =>
    !events.some(
      (later) => later.id === id && later.kind === kind && later.at > at && later.at <= BEFORE_S,
    );
  const expected = events.filter(isKept);
  const stored = () =>
    db
      .query<Event, []>("SELECT series_id AS id, kind, at FROM series_events ORDER BY id, kind, at")
      .all();

  const queries = spyOn(db, "query");
  const retention = new RetentionStore(db);
  let [left, slices] = [events.length, 0];
  for (let isMore = true; isMore; slices += 1) {
    isMore = retention.removeSamples(BEFORE_S);
    const now = stored().length;
    expect(left - now).toBeLessThan(400);
    left = now;
  }
  expect(slices).toBeGreaterThan(20);
  const key = ({ id, kind, at }: Event): string => `${id} ${kind} ${at}`;
  expect(new Set(stored().map(key))).toEqual(new Set(expected.map(key)));
  const sqls = queries.mock.calls
    .map(([sql]) => sql)
    .filter((sql) => sql.includes("series_events") && sql.includes("DELETE"));
  expect(sqls.length).toBeGreaterThan(0);
  for (const sql of sqls)
    for (const { detail } of db.query<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`).all())
      expect(detail).not.toStartWith("SCAN");
  // The next round begins with the first series again.
  db.run(
    "INSERT INTO series_events (series_id, kind, at, value) VALUES (1, 'flags', 5, '1'), (1, 'flags', 6, '1')",
  );
  while (retention.removeSamples(BEFORE_S));
  expect(stored().some(({ id, at }) => id === 1 && at === 5)).toBe(false);
});
