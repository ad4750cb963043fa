import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startSimulator } from "../../src/simulator/server.ts";
import {
  type CallsModule,
  callsProgram,
  CLIENTS,
  type Operation,
  operationsOf,
} from "../support/client-programs.ts";
import {
  MISTAKES,
  MISTAKES_FROM_LINE,
  MISTAKES_PROGRAM,
  type Usage,
  USAGE_PROGRAM,
  type UsageModule,
} from "../support/client-usage.ts";
import {
  type DirectModule,
  DIRECT_CLIENTS,
  directProgram,
  MISTAKEN_FIELD,
} from "../support/direct-clients.ts";
import { Contract } from "../support/contract.ts";
import { type GeneratedClients, generateClients } from "../support/generated-clients.ts";
import { allShown, fundingAt, HANDFUL } from "../support/service-api.ts";
import { startService, temporaryDatabasePath } from "../support/service.ts";
import { LONG_MS } from "../support/patience.ts";
import { PART } from "../support/part-of-market.ts";

/** With the other leg of the document's example of a backtest. */
const IDS = [...HANDFUL, "bybit"] as const;

/** Rows change often enough for a stream to have events soon. */
const REFRESH_SECONDS = "2";

interface Stage {
  readonly origin: string;
  /** As served by the running service. */
  readonly document: string;
  readonly operations: readonly Operation[];
  readonly clients: GeneratedClients;
  readonly contract: Contract;
}

const stack = new AsyncDisposableStack();
let stage: Stage;

beforeAll(async () => {
  const database = stack.use(temporaryDatabasePath());
  const simulator = stack.use(startSimulator({ nowMs: () => Date.now(), scale: PART }));
  const service = stack.use(
    await startService({
      DATABASE_PATH: database.path,
      EXCHANGE_ORIGIN: simulator.origin,
      EXCHANGES: IDS.join(","),
      REFRESH_SECONDS,
    }),
  );
  const { origin } = service;
  const document = await (await fetch(`${origin}/openapi.json`)).text();
  const clients = stack.use(await generateClients(document, origin));
  await allShown(origin, IDS);
  const operations = operationsOf(document);
  await clients.write("calls.ts", callsProgram(operations, await pathValues(origin)));
  await clients.write("direct.ts", directProgram(operations, await pathValues(origin)));
  await clients.write("usage.ts", USAGE_PROGRAM);
  await clients.write("mistakes.ts", MISTAKES_PROGRAM);
  stage = { origin, document, operations, clients, contract: await Contract.served() };
}, LONG_MS);

afterAll(() => stack.disposeAsync());

/** Values for required parameters, by name: those of an existing row. */
async function pathValues(origin: string): Promise<Record<string, string>> {
  const [row] = (await fundingAt(origin, "?base=BTC&exchange=okx")).rows;
  if (row === undefined) throw new Error("no row of BTC");
  const { base, exchange, exchange_symbol } = row;
  return { base, exchange, exchange_symbol };
}

/** "GET /api/health" and so on for everything in the document, derived from the document alone. */
function documented(document: string): string[] {
  const { paths } = JSON.parse(document) as { paths: Record<string, object> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
}

/** The programs of this test have these exports; they are type-checked by it. */
async function programs(clients: GeneratedClients): Promise<CallsModule & UsageModule> {
  const loaded = { ...(await clients.load("calls.ts")), ...(await clients.load("usage.ts")) };
  return loaded as unknown as CallsModule & UsageModule;
}

/** A fetch that records requests and validates each complete response against the document. */
function watchedFetch(contract: Contract) {
  const sent: URL[] = [];
  const statuses: number[] = [];
  return {
    sent,
    statuses,
    fetch: async (request: Request): Promise<Response> => {
      const url = new URL(request.url);
      sent.push(url);
      request.headers.set("accept-encoding", "identity");
      const response = await fetch(request);
      statuses.push(response.status);
      const endless = response.headers.get("content-type")?.startsWith("text/event-stream");
      if (!endless) await contract.check(request.method, url.pathname + url.search, response);
      return response;
    },
  };
}

/** Whether an address belongs to a documented path: "/a/{b}" matches "/a/x". */
function isOf(operation: Operation, url: URL): boolean {
  const pattern = operation.path.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+");
  return new RegExp(`^${pattern}$`).test(url.pathname);
}

describe("clients generated from the document of a running service", () => {
  test("hey-api generates a function for each operationId, and no other", async () => {
    const functions = Object.keys(await stage.clients.load("sdk/sdk.gen.ts"));
    const { paths } = JSON.parse(stage.document) as {
      paths: Record<string, Record<string, { operationId: string }>>;
    };
    const ids = Object.values(paths).flatMap((methods) =>
      Object.values(methods).map(({ operationId }) => operationId),
    );
    expect(functions.toSorted()).toEqual(ids.toSorted());
  });

  test("type-check strictly with a call of each operation, and reject every mistake", async () => {
    const errors = await stage.clients.typeErrors();
    const planned = errors.filter(({ file }) => file === "direct.ts");
    expect(planned.map(({ text }) => text.includes(MISTAKEN_FIELD))).toEqual([true, true]);
    expect(errors.filter(({ file }) => file !== "mistakes.ts" && file !== "direct.ts")).toEqual([]);
    const found = MISTAKES.map(({ statement, says }, index) => {
      const texts = errors.filter(
        ({ file, line }) => file === "mistakes.ts" && line === MISTAKES_FROM_LINE + index,
      );
      return [statement, texts.length === 1 && texts[0]?.text.includes(says) ? says : texts];
    });
    expect(found).toEqual(MISTAKES.map(({ statement, says }) => [statement, says]));
    expect(errors.length - planned.length).toBe(MISTAKES.length);
  });

  test.each(CLIENTS)(
    "%s calls every operation, and every response is as documented",
    async (client) => {
      const watched = watchedFetch(stage.contract);
      const calls = (await programs(stage.clients)).callsOf(stage.origin, watched.fetch)[client];
      const called: string[] = [];
      for (const operation of stage.operations) {
        const { data, error } = (await calls[operation.name]?.()) ?? {};
        expect([operation.name, error, typeof data]).toEqual([
          operation.name,
          undefined,
          kindOf(operation),
        ]);
        const url = watched.sent.at(-1);
        expect([watched.sent.length, watched.statuses.at(-1)]).toEqual([called.length + 1, 200]);
        if (url !== undefined && isOf(operation, url)) called.push(operation.name);
      }
      expect(called.toSorted()).toEqual(documented(stage.document).toSorted());
    },
    LONG_MS,
  );

  test.each(DIRECT_CLIENTS)(
    "%s calls every operation that ends, filters, and gets an error code",
    async (client) => {
      const { directOf } = (await stage.clients.load("direct.ts")) as unknown as DirectModule;
      const { calls, filtered, refused } = directOf(stage.origin)[client];
      const ending = stage.operations.filter(({ answer }) => answer !== "events");
      expect(Object.keys(calls)).toEqual(ending.map(({ name }) => name));
      for (const operation of ending) {
        const data = await calls[operation.name]?.();
        expect([operation.name, typeof data]).toEqual([operation.name, kindOf(operation)]);
      }
      expect(await filtered()).toEqual(["binance BTC", "binance ETH", "okx BTC", "okx ETH"]);
      expect(await refused()).toEqual({ code: "unknown_base", status: 404 });
    },
    LONG_MS,
  );

  test.each(CLIENTS)(
    "%s filters by lists, pages, explains, gets an error code and sees what is missing",
    async (client) => {
      const watched = watchedFetch(stage.contract);
      const usages = (await programs(stage.clients)).usageOf(stage.origin, watched.fetch);
      const used = await usages[client]();
      expect(listsSent(watched.sent[0], "exchange")).toEqual(["binance", "okx"]);
      expectFiltered(used);
      expect(used.pages.map((page) => page.length)).toEqual([3, 3, 3]);
      const paged = used.pages.flat();
      expect(new Set(paged.map(({ symbol }) => symbol)).size).toBe(paged.length);
      expect(new Set(used.ofBtc.map(({ exchange }) => exchange))).toEqual(new Set(IDS));
      expect(new Set(used.ofBtc.map(({ base }) => base))).toEqual(new Set(["BTC"]));
      expect(used.explained.symbol).toBe("BTCUSDT");
      expect(used.explained.rate).toBeNumber();
      expect(used.explained.yearly).toContain("365");
      expect(used.refused).toEqual({ code: "unknown_base", status: 404 });
      expect(used.missing).toEqual(["gate off"]);
      expect(used.noData).toEqual({ code: "no_data", missing: ["gate off"] });
      const [head = "", ...lines] = used.csv.trimEnd().split(/\r?\n/);
      expect(head.split(",")).toContain("annualized_pct");
      expect(lines.length).toBe(used.listed.length);
    },
  );
});

function kindOf({ answer }: Operation): string {
  return answer === "text" ? "string" : "object";
}

/** The members of a list parameter, however the client wrote it. */
function listsSent(url: URL | undefined, name: string): string[] | undefined {
  return url?.searchParams.getAll(name).flatMap((part) => part.split(","));
}

function expectFiltered({ listed }: Usage): void {
  expect(listed.map(({ exchange, base }) => `${exchange} ${base}`).toSorted()).toEqual([
    "binance BTC",
    "binance ETH",
    "okx BTC",
    "okx ETH",
  ]);
  const yearly = listed.map((row) => row.yearly ?? Number.NaN);
  expect(yearly).toEqual(yearly.toSorted((left, right) => right - left));
}
