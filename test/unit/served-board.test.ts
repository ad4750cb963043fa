import { describe, expect, test } from "bun:test";
import type { Snapshot } from "../../src/domain/market.ts";
import { ServedBoard } from "../../src/services/board/served-board.ts";
import { snapshotOf, TestBoard } from "../support/board.ts";
import { ManualClock } from "../support/manual-clock.ts";

const SWITCH_WITHIN_MS = 1_000;
const [first, second, third] = [1, 2, 3].map((seq) => snapshotOf(`1-${seq}`, []));
if (first === undefined || second === undefined || third === undefined)
  throw new Error("unreachable");

/** A view of a board with the first snapshot; the test controls when preparations end. */
function scene(withinMs?: number) {
  const clock = new ManualClock();
  const board = new TestBoard(first);
  const served = new ServedBoard(board, clock, withinMs);
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  const switched: string[] = [];
  served.onPublish(({ id }) => switched.push(`${id} while ${served.current()?.id}`));
  const preparation =
    (name: string) =>
    async ({ id }: Snapshot): Promise<void> => {
      begun.push(`${name} ${id}`);
      await new Promise<void>((end) => ends.push(end));
    };
  return { clock, board, served, begun, ends, switched, preparation };
}

describe("a new snapshot", () => {
  test("is served when its preparations are done, one after the other", async () => {
    const { clock, board, served, begun, ends, switched, preparation } = scene();
    served.prepareWith(preparation("groups"));
    served.prepareWith(preparation("answers"));
    board.publish(second);
    await clock.advance(1);
    expect([served.current(), served.next(), begun]).toEqual([first, second, ["groups 1-2"]]);
    ends[0]?.();
    await clock.advance(1);
    expect([served.current(), begun]).toEqual([first, ["groups 1-2", "answers 1-2"]]);
    ends[1]?.();
    await clock.advance(1);
    expect([served.current(), served.next()]).toEqual([second, null]);
    // Listeners find the snapshot in place; the timer is gone.
    expect([switched, clock.sleeping]).toEqual([["1-2 while 1-2"], 0]);
  });

  test("is served after a second, even if its preparations are not done", async () => {
    const { clock, board, served, ends, switched, preparation } = scene();
    served.prepareWith(preparation("answers"));
    board.publish(second);
    await clock.advance(SWITCH_WITHIN_MS - 1);
    expect(served.current()).toBe(first);
    await clock.advance(1);
    expect(served.current()).toBe(second);
    ends[0]?.();
    await clock.advance(1);
    expect([served.current(), switched]).toEqual([second, ["1-2 while 1-2"]]);
  });

  test("is served when the next one comes: readers are never two behind", async () => {
    const { clock, board, served, ends, switched, preparation } = scene();
    served.prepareWith(preparation("answers"));
    board.publish(second);
    board.publish(third);
    expect([served.current(), served.next()]).toEqual([second, third]);
    // The end of the second one's preparations does not affect the third.
    ends[0]?.();
    await clock.advance(1);
    expect([served.current(), served.next()]).toEqual([second, third]);
    ends[1]?.();
    await clock.advance(1);
    expect(switched).toEqual(["1-2 while 1-2", "1-3 while 1-3"]);
  });

  test("is served immediately if it is the first", async () => {
    const clock = new ManualClock();
    const board = new TestBoard();
    const served = new ServedBoard(board, clock);
    const prepared: string[] = [];
    served.prepareWith(async ({ id }) => void prepared.push(id));
    expect(served.current()).toBeNull();
    board.publish(first);
    expect([served.current(), prepared]).toEqual([first, ["1-1"]]);
  });

  test("is served as soon as a client names it", () => {
    const { board, served, switched, preparation } = scene();
    served.prepareWith(preparation("answers"));
    board.publish(second);
    expect([served.byId("1-1"), served.current()]).toEqual([first, first]);
    expect([served.byId("1-3"), served.current()]).toEqual([null, first]);
    expect([served.byId("1-2"), served.current()]).toEqual([second, second]);
    expect(switched).toEqual(["1-2 while 1-2"]);
  });

  test("ends the time for which answers may be cached downstream", async () => {
    const { clock, board, served, ends, preparation } = scene();
    served.prepareWith(preparation("answers"));
    expect(served.freshForMs()).toBe(board.freshForMs());
    board.publish(second);
    expect(served.freshForMs()).toBe(0);
    ends[0]?.();
    await clock.advance(1);
    expect(served.freshForMs()).toBe(board.freshForMs());
  });

  test("is served immediately if no time is given to preparations, which run all the same", () => {
    const { board, served, begun, preparation } = scene(0);
    served.prepareWith(preparation("answers"));
    board.publish(second);
    expect([served.current(), served.next(), begun]).toEqual([second, null, ["answers 1-2"]]);
  });
});

test("an unsubscribed listener receives nothing more", () => {
  const { board, served } = scene(0);
  const received: string[] = [];
  const stop = served.onPublish(({ id }) => received.push(id));
  board.publish(second);
  stop();
  board.publish(third);
  expect(received).toEqual(["1-2"]);
});
