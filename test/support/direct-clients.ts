import type { Operation } from "./client-programs.ts";

/** Clients whose functions send requests themselves: fetch, and axios with each answer validated by zod. */
export const DIRECT_CLIENTS = ["orval", "openapi-zod-client"] as const;
type DirectClient = (typeof DIRECT_CLIENTS)[number];

/** A field that no row has: using it is a type error in each client. */
export const MISTAKEN_FIELD = "no_such_field";

/** What the program of `directProgram` exports. */
export interface DirectModule {
  directOf(origin: string): Record<
    DirectClient,
    {
      readonly calls: Readonly<Record<string, () => Promise<unknown>>>;
      /** Two assets on two exchanges, as "exchange base". */
      filtered(): Promise<readonly string[]>;
      refused(): Promise<{ readonly code: string; readonly status: number }>;
    }
  >;
}

/**
 * A typed program that calls each operation that ends, through both clients: they read an answer to its end, which a
 * stream does not have. `values` has one for each required parameter.
 */
export function directProgram(
  operations: readonly Operation[],
  values: Readonly<Record<string, string>>,
): string {
  const ending = operations.filter(({ answer }) => answer !== "events");
  const table = (call: (operation: Operation) => string): string =>
    ending.map((one) => `        ${JSON.stringify(one.name)}: ${call(one)},\n`).join("");
  const valueOf = ({ name, schema }: Operation["required"][number]): unknown =>
    values[name] ?? schema.example;
  const inPlace = ({ required }: Operation, place: "path" | "query") =>
    required.filter((parameter) => parameter.in === place);
  const objectOf = (parameters: Operation["required"]): Readonly<Record<string, unknown>> =>
    Object.fromEntries(parameters.map((one) => [one.name, valueOf(one)]));
  // Path parameters come one by one, then the whole query as one object.
  const orval = (one: Operation): string => {
    const query = inPlace(one, "query");
    const given = [
      ...inPlace(one, "path").map(valueOf),
      ...(query.length === 0 ? [] : [objectOf(query)]),
    ];
    return `() => good(orval.${one.id}(${given.map((value) => JSON.stringify(value)).join(", ")}))`;
  };
  const zodios = (one: Operation): string => {
    const given = {
      ...(inPlace(one, "path").length === 0 ? {} : { params: objectOf(inPlace(one, "path")) }),
      ...(inPlace(one, "query").length === 0 ? {} : { queries: objectOf(inPlace(one, "query")) }),
    };
    return `() => api.${one.id}(${one.required.length === 0 ? "" : JSON.stringify(given)})`;
  };
  return `${HEAD}
export function directOf(origin: string) {
  const api = createApiClient(origin, {
    validate: true,
    axiosConfig: { paramsSerializer: { indexes: null } },
  });
  return {
    "orval": {
      calls: {
${table(orval)}      },
      ...orvalUsage,
    },
    "openapi-zod-client": {
      calls: {
${table(zodios)}      },
      ...zodiosUsage(api),
    },
  };
}
`;
}

const HEAD = `import * as orval from "./orval.ts";
import { createApiClient } from "./zodios.ts";

interface Placed { readonly exchange: string; readonly base: string }

function placed(rows: readonly Placed[]): string[] {
  return rows.map(({ exchange, base }) => exchange + " " + base).sort();
}

async function good<Answer extends { status: number; data: unknown }>(sent: Promise<Answer>) {
  const { status, data } = await sent;
  if (status !== 200) throw new Error(String(status));
  return data;
}

const orvalUsage = {
  filtered: async () => {
    const answer = await orval.listFundingRates({
      exchange: ["binance", "okx"],
      base: ["BTC", "ETH"],
      quote: ["USDT"],
    });
    if (answer.status !== 200) throw new Error(String(answer.status));
    for (const row of answer.data.rows) if (row.${MISTAKEN_FIELD} !== undefined) throw new Error();
    return placed(answer.data.rows);
  },
  refused: async () => {
    const { status, data } = await orval.listFundingRatesOfAsset("NOSUCHASSET");
    return status === 404 ? { code: data.code, status } : { code: "none", status };
  },
};

const zodiosUsage = (api: ReturnType<typeof createApiClient>) => ({
  filtered: async () => {
    const queries = {
      exchange: ["binance" as const, "okx" as const],
      base: ["BTC", "ETH"],
      quote: ["USDT"],
    };
    const { rows } = await api.listFundingRates({ queries });
    const missing: unknown[] = rows.map((row) => row.exchange.${MISTAKEN_FIELD});
    if (missing.some((one) => one !== undefined)) throw new Error();
    return placed(rows);
  },
  refused: async () => {
    try {
      await api.listFundingRatesOfAsset({ params: { base: "NOSUCHASSET" } });
      return { code: "none", status: 200 };
    } catch (error) {
      const { response } = error as { response?: { status: number; data: { code: string } } };
      return { code: response?.data.code ?? "none", status: response?.status ?? 0 };
    }
  },
});
`;
