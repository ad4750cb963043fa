import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { marketFile } from "../../src/db/market/file.ts";
import { openDb } from "../../src/db/open.ts";
import { withStatuses } from "../support/board.ts";
import {
  BASES,
  changesPath,
  type ChangePage,
  type Event,
  EXCHANGES,
  listInstruments,
  marketAt,
  pageOf,
  readerOf,
  store,
  hoursOf,
} from "../support/change-log.ts";
import { testDatabase } from "../support/database.ts";
import { cellsOf, nextOf } from "../support/lists.ts";
import { LONG_MS } from "../support/patience.ts";
import { NOON_MS } from "../support/quote.ts";

const MINUTE_MS = 60_000;

/** Few times, so that several events share one, and later stored ones lie between earlier ones. */
const event: fc.Arbitrary<Event> = fc.record({
  exchange: fc.constantFrom(...EXCHANGES),
  base: fc.constantFrom(...BASES),
  minutesAgo: fc.integer({ min: 0, max: 6 }),
});

const filter = fc.record(
  {
    exchange: fc.constantFrom(...EXCHANGES),
    base: fc.constantFrom(...BASES),
    fromMinutesAgo: fc.integer({ min: 0, max: 7 }),
  },
  { requiredKeys: [] },
);

type Stored = Event & { readonly toHours: number };

/** The expected list, computed independently from events in the order in which they were stored. */
function expected(
  stored: readonly Stored[],
  { exchange, base, fromMinutesAgo = 60 }: Partial<Event> & { fromMinutesAgo?: number },
  shownMinutesAgo: number,
): number[] {
  return stored
    .filter((one) => one.minutesAgo >= shownMinutesAgo && one.minutesAgo <= fromMinutesAgo)
    .filter((one) => one.exchange === (exchange ?? one.exchange) && one.base === (base ?? one.base))
    .toReversed()
    .toSorted((left, right) => left.minutesAgo - right.minutesAgo)
    .map(({ toHours }) => toHours);
}

test(
  "pages of a chain join to the state of its first page, whatever is stored meanwhile and whichever process answers",
  async () => {
    using database = testDatabase();
    using secondConnection = openDb(marketFile(database.path));
    listInstruments(database);
    const readers = [readerOf(database.db), readerOf(secondConnection)] as const;
    let seq = 1;
    const nextId = () => `1-${(seq += 1)}`;
    await fc.assert(
      fc.asyncProperty(
        fc.array(event, { maxLength: 14 }),
        fc.array(fc.array(event, { maxLength: 3 }), { minLength: 1, maxLength: 5 }),
        filter,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 0, max: 3 }),
        async (before, meanwhile, only, limit, shownMinutesAgo) => {
          database.db.run("DELETE FROM interval_changes");
          const stored: Stored[] = [];
          const add = (one: Event) => stored.push({ ...one, toHours: store(database, one) });
          for (const one of before) add(one);
          const shown = marketAt(nextId(), NOON_MS - shownMinutesAgo * MINUTE_MS);
          for (const { board } of readers) board.publish(shown);
          const { exchange, base, fromMinutesAgo } = only;
          const from = fromMinutesAgo === undefined ? null : NOON_MS - fromMinutesAgo * MINUTE_MS;
          const query = new URLSearchParams({
            ...(exchange && { exchange }),
            ...(base && { base }),
            ...(from !== null && { from: String(from / 1000) }),
          });
          const whole = await pageOf(readers[0], String(query));
          const pages: ChangePage[] = [];
          for (let next: string | null = ""; next !== null;) {
            const reader = readers[pages.length % 2 === 0 ? 0 : 1];
            const page = await pageOf(reader, `${query}&limit=${limit}${next}`);
            pages.push(page);
            // Each page has at least one row; a cursor that does not advance would never end.
            if (pages.length > before.length + 1) throw new Error("more pages than rows");
            next = page.next_cursor === null ? null : `&cursor=${page.next_cursor}`;
            for (const one of meanwhile[pages.length - 1] ?? []) add(one);
            // One process shows all of it, the other nothing yet; neither retains the first snapshot.
            readers[0].board.publish(marketAt(nextId(), NOON_MS));
            readers[0].board.forget();
          }
          expect(hoursOf(whole)).toEqual(
            expected(stored.slice(0, before.length), only, shownMinutesAgo),
          );
          expect(pages.flatMap(hoursOf)).toEqual(hoursOf(whole));
          for (const { snapshot, fetched_at, total, count, rows } of pages) {
            expect([snapshot, total, count]).toEqual([whole.snapshot, whole.total, rows.length]);
            if (before.some(({ minutesAgo }) => minutesAgo >= shownMinutesAgo))
              expect(fetched_at).toBe(whole.fetched_at);
          }
          // Changes stored meanwhile are not lost: a new first page has them, once.
          expect(hoursOf(await pageOf(readers[0], String(query)))).toEqual(
            expected(stored, only, 0),
          );
        },
      ),
      { numRuns: 60 },
    );
  },
  LONG_MS,
);

/** A log of `count` changes a minute apart, the newest at noon. */
function filled(count: number) {
  const database = testDatabase();
  listInstruments(database);
  for (let minutesAgo = count - 1; minutesAgo >= 0; minutesAgo -= 1)
    store(database, { exchange: "okx", base: "BTC", minutesAgo });
  return database;
}

const partsOf = (cursor: string | null) =>
  Buffer.from(cursor ?? "", "base64url")
    .toString()
    .split("~");

const made = (...parts: unknown[]) => Buffer.from(parts.join("~")).toString("base64url");

describe("a cursor of changes", () => {
  test("continues in files, too, if a page ends at the last row", async () => {
    using database = filled(4);
    const app = readerOf(database.db);
    const first = await app.get(changesPath("limit=2&format=csv"));
    store(database, { exchange: "okx", base: "BTC", minutesAgo: 0 });
    app.board.publish(marketAt("1-2", NOON_MS));
    const second = await app.get(nextOf(first) ?? "");
    const hours = async (file: Response) =>
      cellsOf(await file.text())
        .slice(1)
        .map((cells) => cells[8]);
    expect([await hours(first), await hours(second)]).toEqual([
      ["1003", "1002"],
      ["1001", "1000"],
    ]);
    expect(nextOf(second)).toBeNull();
  });

  test("continues in a range without its own start: thirty days before the first page", async () => {
    using database = testDatabase();
    listInstruments(database);
    const days = 24 * 60;
    for (const minutesAgo of [30 * days + 1, 30 * days, 1, 0])
      store(database, { exchange: "okx", base: "BTC", minutesAgo });
    const app = readerOf(database.db);
    const first = await pageOf(app, "limit=1");
    expect([hoursOf(first), first.total]).toEqual([[1003], 3]);
    store(database, { exchange: "okx", base: "BTC", minutesAgo: -days });
    app.board.publish(marketAt("1-2", NOON_MS + days * MINUTE_MS));
    const rest = await pageOf(app, `cursor=${first.next_cursor}`);
    expect([hoursOf(rest), rest.total]).toEqual([[1002, 1001], 3]);
    expect(hoursOf(await pageOf(app, ""))).toEqual([1004, 1003, 1002]);
  });

  test("is valid only for its own query, at any page size", async () => {
    using database = filled(4);
    const app = readerOf(database.db);
    const { next_cursor: cursor } = await pageOf(app, "limit=1&exchange=okx&base=BTC");
    expect(hoursOf(await pageOf(app, `base=btc&exchange=okx&cursor=${cursor}`))).toEqual([
      1002, 1001, 1000,
    ]);
    for (const other of ["exchange=okx", "exchange=okx&base=ETH", "exchange=okx&base=BTC&from=0"]) {
      const refused = await app.get(changesPath(`${other}&cursor=${cursor}`));
      expect([other, refused.status]).toEqual([other, 400]);
      expect(await refused.json()).toMatchObject({
        code: "bad_cursor",
        errors: [{ parameter: "cursor", rule: expect.stringContaining("another query") }],
      });
    }
  });

  test("is valid for the name it was issued with, even if that no longer resolves to anything", async () => {
    using database = filled(2);
    const app = readerOf(database.db);
    const first = await pageOf(app, "base=BTCUSDT&limit=1");
    expect([hoursOf(first), first.total]).toEqual([[1001], 2]);
    const { rows } = marketAt("1-2", NOON_MS);
    app.board.publish({
      ...marketAt("1-2", NOON_MS),
      rows: rows.filter((row) => row.record.base !== "BTC"),
    });
    const rest = await app.get(changesPath(`base=BTCUSDT&limit=1&cursor=${first.next_cursor}`));
    expect(rest.status).toBe(200);
  });

  test("of a snapshot's list is refused by changes, and vice versa", async () => {
    using database = filled(4);
    const app = readerOf(database.db);
    const cursorAt = async (path: string) =>
      ((await (await app.get(`${path}?limit=1`)).json()) as ChangePage).next_cursor;
    const [changes, instruments] = ["/api/intervals/changes", "/api/instruments"];
    const ofSnapshot = await cursorAt(instruments);
    const [, state, hash, offset] = partsOf(ofSnapshot);
    for (const [path, other] of [
      [changes, ofSnapshot],
      [instruments, await cursorAt(changes)],
      [instruments, made("log1", state, hash, offset, 1)],
    ]) {
      const refused = await app.get(`${path}?limit=1&cursor=${other}`);
      expect([path, refused.status]).toEqual([path, 400]);
      expect(await refused.json()).toMatchObject({ code: "bad_cursor" });
    }
  });

  test("that was modified or invented is a 400", async () => {
    using database = filled(4);
    const app = readerOf(database.db);
    const { next_cursor: cursor } = await pageOf(app, "limit=2");
    const [mark, state, hash, time, id] = partsOf(cursor);
    const last = NOON_MS;
    const bad = {
      longer: `${cursor}A`,
      shorter: (cursor ?? "").slice(1),
      "of another layout": made("log2", state, hash, time, id),
      "of a snapshot": made("1", state, hash, 1),
      "without an event": made(mark, state, hash, time),
      "with more": made(mark, state, hash, time, id, 1),
      "at another time": made(mark, state, hash, Number(time) + 1, id),
      "at another event": made(mark, state, hash, time, Number(id) + 1),
      "at no event": made(mark, state, hash, time, 99),
      "in no state": made(mark, "7-1042", hash, time, id),
      "in a state that cannot be": made(mark, "latest", hash, time, id),
      "in a state after which nothing was stored yet": made(mark, `5-${last}`, hash, time, id),
      "in a state that ends later": made(mark, `4-${last + 1}`, hash, time, id),
      "in a state before its event": made(mark, `2-${last - 2 * MINUTE_MS}`, hash, time, id),
    };
    for (const [what, text] of Object.entries(bad)) {
      const refused = await app.get(changesPath(`limit=2&cursor=${text}`));
      expect([what, refused.status]).toEqual([what, 400]);
      expect(await refused.json()).toMatchObject({
        code: "bad_cursor",
        errors: [{ parameter: "cursor", rule: expect.any(String) }],
      });
    }
    expect(
      hoursOf(await pageOf(app, `limit=2&cursor=${made(mark, state, hash, time, id)}`)),
    ).toEqual([1001, 1000]);
  });

  test("gives an empty page if its asset has changed since, and no error", async () => {
    using database = filled(2);
    const app = readerOf(database.db);
    const { next_cursor: cursor } = await pageOf(app, "asset_id=BTC&limit=1");
    app.board.publish(marketAt("1-2", NOON_MS, "BTC~2"));
    const rest = await pageOf(app, `asset_id=BTC&limit=1&cursor=${cursor}`);
    expect([rest.rows, rest.next_cursor]).toEqual([[], null]);
  });
});

describe.each([3, 2_500])("a client's copy of %i changes", (count) => {
  /** Sends two requests, the second with the tag of the first answer. */
  const revisit = async (query: string, between: (scene: ReturnType<typeof scened>) => void) => {
    using scene = scened();
    const first = await scene.app.get(changesPath(query));
    expect(first.status).toBe(200);
    between(scene);
    const etag = first.headers.get("etag") ?? "";
    const second = await scene.app.get(changesPath(query), { "if-none-match": etag });
    return { status: second.status, sameTag: second.headers.get("etag") === etag };
  };
  const scened = () => {
    const database = filled(count);
    return {
      database,
      app: readerOf(database.db),
      [Symbol.dispose]: () => database[Symbol.dispose](),
    };
  };
  const changed = { status: 200, sameTag: false };
  const unchanged = { status: 304, sameTag: true };

  test("is outdated once another change is shown", async () => {
    const added = await revisit("", ({ database, app }) => {
      store(database, { exchange: "gate", base: "ETH", minutesAgo: 0 });
      app.board.publish(marketAt("1-2", NOON_MS));
    });
    expect(added).toEqual(changed);
  });

  test("is up to date while the snapshot does not show a stored change yet", async () => {
    const added = await revisit("", ({ database }) =>
      store(database, { exchange: "gate", base: "ETH", minutesAgo: -1 }),
    );
    expect(added).toEqual(unchanged);
  });

  test("is outdated once an asset has changed, or an exchange is missing", async () => {
    const renamed = await revisit("", ({ app }) =>
      app.board.publish(marketAt("1-2", NOON_MS, "BTC~2")),
    );
    const missed = await revisit("", ({ app }) =>
      app.board.publish(withStatuses(marketAt("1-2", NOON_MS), { gate: "down" })),
    );
    expect([renamed, missed]).toEqual([changed, changed]);
  });
});

test("a list of changes keeps its tag in the next snapshot without changes; each page of a chain keeps its own after another change", async () => {
  using database = filled(4);
  const app = readerOf(database.db);
  const { next_cursor: cursor } = await pageOf(app, "limit=2");
  const tagOf = async (query: string) => (await app.get(changesPath(query))).headers.get("etag");
  const [list, page] = [await tagOf(""), await tagOf(`limit=2&cursor=${cursor}`)];
  app.board.publish(marketAt("1-2", NOON_MS + MINUTE_MS));
  expect(await tagOf("")).toBe(list);
  store(database, { exchange: "gate", base: "ETH", minutesAgo: 0 });
  app.board.publish(marketAt("1-3", NOON_MS + 2 * MINUTE_MS));
  expect(await tagOf("")).not.toBe(list);
  expect(await tagOf(`limit=2&cursor=${cursor}`)).toBe(page);
});

test("long pages that start at one position in two states of the log have different tags", async () => {
  using database = filled(2_500);
  const app = readerOf(database.db);
  const cursorBy = async (reader: typeof app) => (await pageOf(reader, "limit=1")).next_cursor;
  const before = await cursorBy(app);
  // Stored last, but older than the first page's only row; another process shows it first.
  store(database, { exchange: "okx", base: "ETH", minutesAgo: 5 });
  const after = await cursorBy(readerOf(database.db, marketAt("1-2", NOON_MS)));
  const answers = await Promise.all(
    [before, after].map(async (cursor) => {
      const { headers } = await app.get(changesPath(`cursor=${cursor}`));
      return { total: headers.get("x-total-count"), tag: headers.get("etag") };
    }),
  );
  expect(answers.map(({ total }) => total)).toEqual(["2500", "2501"]);
  expect(new Set(answers.map(({ tag }) => tag)).size).toBe(2);
});

test("an empty log has the snapshot's time", async () => {
  using database = testDatabase();
  listInstruments(database);
  const page = await pageOf(readerOf(database.db), "");
  expect(page).toMatchObject({ rows: [], total: 0, next_cursor: null });
  expect(page.fetched_at).toBe(NOON_MS / 1000);
});
