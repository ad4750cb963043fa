import { describe, expect, test } from "bun:test";
import { rowOf, TestBoard } from "../support/board.ts";
import { appOf, bodyOf, LISTS, marketOf } from "../support/lists.ts";
import { NOON_MS } from "../support/quote.ts";
import { plainDocument } from "../support/plain-document.ts";

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly description?: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
}

const { paths }: { readonly paths: Readonly<Record<string, { readonly get?: Operation }>> } =
  JSON.parse(await plainDocument());

/** The documentation of the list at `path`, where names have values. */
function documented(path: string): Operation {
  const found = Object.entries(paths).find(([template]) =>
    new RegExp(`^${template.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(path),
  );
  if (found?.[1].get === undefined) throw new Error(`${path} is not documented`);
  return found[1].get;
}

/** Enough of everything for a second page of each list. */
const ROWS = (["okx", "bybit", "gate", "xt"] as const).flatMap((exchange, place) =>
  ["BTC", "ETH", "SOL"].map((base) =>
    rowOf(exchange, base, {
      fundingRate: (place - 1.5) / 1000,
      nextFundingAtMs: NOON_MS + (place + 1) * 3_600_000,
    }),
  ),
);

const appWithRows = () => appOf(new TestBoard(marketOf(ROWS)));

describe.each(LISTS.filter(({ hasCursor }) => hasCursor))("$path", ({ path, query }) => {
  test("documents what happens to its cursor after the snapshot is released", async () => {
    const app = appWithRows();
    const target = `${path}${query}&limit=1`;
    const { next_cursor: cursor } = await bodyOf(app, target);
    expect(cursor).not.toBeNull();
    app.board.publish(marketOf(ROWS, "1-2"));
    app.board.forget();
    const { status } = await app.get(`${target}&cursor=${cursor}`);
    const { parameters = [], responses } = documented(path);
    const description = parameters.find(({ name }) => name === "cursor")?.description ?? "";
    const expires = /after that 410/.test(description);
    const lasts = /never expires/.test(description);
    expect({ status, expires, lasts, has410: "410" in responses }).toEqual(
      status === 410
        ? { status: 410, expires: true, lasts: false, has410: true }
        : { status: 200, expires: false, lasts: true, has410: false },
    );
  });

  test("retains the snapshot of a page that has a successor, and not of the last page", async () => {
    const app = appWithRows();
    const target = `${path}${query}&limit=1`;
    const { next_cursor: cursor } = await bodyOf(app, target);
    app.board.publish(marketOf(ROWS, "1-2"));
    const whole = await bodyOf(app, path + query + "&limit=1000");
    expect(whole.next_cursor).toBeNull();
    app.board.publish(marketOf(ROWS, "1-3"));
    app.board.forgetUnpinned();
    expect((await app.get(`${target}&cursor=${cursor}`)).status).toBe(200);
    expect(app.board.byId("1-2")).toBeNull();
  });
});
