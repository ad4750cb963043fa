import { describe, expect, test } from "bun:test";
import { AnswerCache, HotAnswers } from "../../src/http/answers/answer-cache.ts";
import { answerLoad } from "../../src/http/answers/answer-load.ts";
import { sendList } from "../../src/http/lists/paging.ts";
import type { RequestContext } from "../../src/http/protocol/request-context.ts";
import { SnapshotAnswers } from "../../src/http/answers/snapshot-answers.ts";
import { snapshotOf, TestBoard } from "../support/board.ts";
import { ServedBoard } from "../../src/services/board/served-board.ts";
import { ManualClock } from "../support/manual-clock.ts";

const PATH = "/api/funding/current";

/** By then requests without a turn have been refused. */
const WAITED_MS = 10_000;

/** Lists with this many rows are streamed. */
const ROWS = 2_001;

/** Answers on a separate board, with the clock and the load they depend on. */
function bareAnswers() {
  const clock = new ManualClock();
  const load = answerLoad(clock);
  const cache = new AnswerCache(load);
  const board = new TestBoard(snapshotOf("1-1", []));
  const answers = new SnapshotAnswers(
    new ServedBoard(board, clock, 0),
    cache,
    new HotAnswers(cache),
    load,
  );
  const env: RequestContext = {
    requestId: "1",
    address: { target: PATH, path: PATH, query: "" },
    client: null,
    route: PATH,
    encoding: "identity",
    accepts: "json",
    cacheControl: "no-store",
  };
  let selected = 0;
  const send = async (row: object, init: RequestInit = {}, head = {}): Promise<Response> => {
    const c = { req: { raw: new Request(`http://finder.test${PATH}`, init) }, env };
    const select = () => {
      selected += 1;
      return Array.from({ length: ROWS }, () => row);
    };
    const list = { name: "list", select, toRow: () => row, columns: [], head: () => head };
    return sendList(answers, c, { format: null }, list);
  };
  /** Occupies both turns; the returned function releases one of them. */
  const takeTurns = async () => {
    const other = { client: "other", disconnected: new AbortController().signal };
    const end = await load.work.enter(other);
    await load.work.enter(other);
    return end;
  };
  return { clock, load, send, takeTurns, timesSelected: () => selected };
}

async function bodiesOf(sent: readonly Promise<Response>[]): Promise<ReadonlySet<string>> {
  const responses = await Promise.all(sent);
  return new Set(await Promise.all(responses.map((response) => response.text())));
}

test("a streamed list with other rows or another envelope has another tag: the next release may add a field", async () => {
  const tagOf = async (row: object, head = {}) =>
    (await bareAnswers().send(row, {}, head)).headers.get("etag");
  expect(await tagOf({ a: 1 })).toBe(await tagOf({ a: 1 }));
  expect(await tagOf({ a: 1 })).not.toBe(await tagOf({ a: 1, b: 2 }));
  expect(await tagOf({ a: 1 })).not.toBe(await tagOf({ a: 1 }, { more: 1 }));
});

describe("a request for an answer that is being built for another", () => {
  test("needs no turn", async () => {
    const { clock, load, send, takeTurns } = bareAnswers();
    const endOne = await takeTurns();
    const sent = Array.from({ length: 4 }, () => send({ a: 1 }));
    // Queued behind the one that builds the answer, then running forever.
    void load.work.enter({ client: "", disconnected: new AbortController().signal });
    expect(load.work.waiting).toBe(2);
    endOne();
    await clock.advance(0);
    await clock.advance(WAITED_MS);
    expect((await bodiesOf(sent)).size).toBe(1);
  });

  test("waits with all others for one turn if that one disconnects", async () => {
    const answers = bareAnswers();
    expect(await requestsWhileFirstLeaves(answers)).toBe(1);
    expect(answers.timesSelected()).toBe(1);
  });

  test("waits with all others for its bytes if the one that builds them disconnects", async () => {
    const answers = bareAnswers();
    await answers.send({ a: 1 }, { method: "HEAD" });
    expect(await requestsWhileFirstLeaves(answers)).toBe(1);
  });
});

/**
 * Many requests while no turn is free, the first of which disconnects: one then waits for a turn. Returns the bodies
 * built.
 */
async function requestsWhileFirstLeaves({
  clock,
  load,
  send,
  takeTurns,
}: ReturnType<typeof bareAnswers>): Promise<number> {
  const endOne = await takeTurns();
  const leaving = new AbortController();
  const left = send({ a: 1 }, { signal: leaving.signal });
  const sent = Array.from({ length: 40 }, () => send({ a: 1 }));
  leaving.abort();
  await expect(left).rejects.toMatchObject({ code: "busy" });
  await clock.advance(0);
  expect(load.work.waiting).toBe(1);
  endOne();
  await clock.advance(0);
  return (await bodiesOf(sent)).size;
}
