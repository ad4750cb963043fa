import { z } from "zod";
import { plainText } from "./plain-document.ts";

/** The two ways in which people generate a client from an OpenAPI document. */
export const CLIENTS = ["openapi-fetch", "hey-api"] as const;
export type ClientName = (typeof CLIENTS)[number];

/** One operation of the document, as far as a caller needs it. */
export interface Operation {
  /** Method and path as documented: "GET /api/funding/symbol/{base}". */
  readonly name: string;
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** Required parameters. */
  readonly required: readonly Parameter[];
  /** The kind of a success; `events` never ends by itself. */
  readonly answer: "json" | "text" | "events";
}

type Parameter = z.infer<typeof ParameterSchema>;

const METHODS = ["get", "put", "post", "delete", "options", "head", "patch", "trace"] as const;

const ParameterSchema = z.object({
  name: z.string(),
  in: z.enum(["path", "query", "header"]),
  required: z.boolean().default(false),
  schema: z.object({ example: z.unknown().optional() }),
});

const OperationSchema = z.object({
  operationId: z.string(),
  parameters: z.array(ParameterSchema).default([]),
  // Nothing here has a body to send: an operation with one needs a call of its own.
  requestBody: z.undefined().optional(),
  responses: z.object({ "200": z.object({ content: z.record(z.string(), z.unknown()) }) }),
});

const DocumentSchema = z.object({
  paths: z.record(z.string(), z.partialRecord(z.enum(METHODS), OperationSchema)),
});

/** Every operation of an OpenAPI document, in its order. Throws with the location of one that cannot be called. */
export function operationsOf(document: string): Operation[] {
  const { paths } = DocumentSchema.parse(JSON.parse(plainText(document)));
  return Object.entries(paths).flatMap(([path, methods]) =>
    METHODS.flatMap((method) => {
      const operation = methods[method];
      if (operation === undefined) return [];
      const types = Object.keys(operation.responses["200"].content);
      return {
        name: `${method.toUpperCase()} ${path}`,
        id: operation.operationId,
        method: method.toUpperCase(),
        path,
        required: operation.parameters.filter((one) => one.required),
        answer: answerOf(types),
      };
    }),
  );
}

function answerOf(types: readonly string[]): Operation["answer"] {
  if (types.includes("text/event-stream")) return "events";
  return types.includes("application/json") ? "json" : "text";
}

/** The result of a call: one of the two is present. */
export interface Answer {
  readonly data?: unknown;
  readonly error?: unknown;
}

/** What the program of `callsProgram` exports. */
export interface CallsModule {
  callsOf(
    origin: string,
    fetch: (request: Request) => Promise<Response>,
  ): Record<ClientName, Record<string, () => Promise<Answer>>>;
}

/**
 * A typed program that calls each operation through both clients: a table of functions by client
 * and name of the operation. `values` has a value for each required parameter without an example.
 */
export function callsProgram(
  operations: readonly Operation[],
  values: Readonly<Record<string, string>>,
): string {
  const table = (call: (operation: Operation, inputs: Inputs) => string): string =>
    operations
      .map((one) => `      ${JSON.stringify(one.name)}: ${call(one, inputsOf(one, values))},\n`)
      .join("");
  return `${CALLS_HEAD}
export function callsOf(origin: string, fetch: typeof globalThis.fetch): Record<string, Calls> {
  const plain = createClient<paths>({ baseUrl: origin, fetch });
  const client = createHeyClient({ baseUrl: origin, fetch });
  return {
    "openapi-fetch": {
${table(callOfFetch)}    },
    "hey-api": {
${table(callOfHey)}    },
  };
}
`;
}

interface Inputs {
  readonly path?: string;
  readonly query?: string;
}

/** The required parameters as the text of an object, for each location that has some. */
function inputsOf(operation: Operation, values: Readonly<Record<string, string>>): Inputs {
  const objectIn = (place: Parameter["in"]): string | undefined => {
    const fields = operation.required
      .filter((parameter) => parameter.in === place)
      .map((parameter) => [parameter.name, values[parameter.name] ?? parameter.schema.example]);
    const unknown = fields.find(([, value]) => value === undefined);
    if (unknown !== undefined)
      throw new Error(`${operation.name}: no value is known for its parameter ${unknown[0]}`);
    return fields.length > 0 ? JSON.stringify(Object.fromEntries(fields)) : undefined;
  };
  if (objectIn("header") !== undefined)
    throw new Error(`${operation.name}: it needs a header, which no call here sends`);
  const [path, query] = [objectIn("path"), objectIn("query")];
  return { ...(path !== undefined && { path }), ...(query !== undefined && { query }) };
}

function objectText(fields: Readonly<Record<string, string | undefined>>): string {
  const parts = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}`],
  );
  return `{ ${parts.join(", ")} }`;
}

function callOfFetch({ method, path, answer }: Operation, inputs: Inputs): string {
  const ask = (more: Readonly<Record<string, string>>): string => {
    const init = objectText({ params: objectText({ ...inputs }), ...more });
    return `plain.${method}(${JSON.stringify(path)}, ${init})`;
  };
  switch (answer) {
    case "json":
      return `() => ${ask({})}`;
    case "text":
      return `() => ${ask({ parseAs: '"text"' })}`;
    case "events":
      return `() => firstOf(async (signal) => textOf(await ${ask({ parseAs: '"stream"', signal: "signal" })}))`;
  }
}

function callOfHey({ id, answer }: Operation, inputs: Inputs): string {
  switch (answer) {
    case "json":
    case "text":
      return `() => sdk.${id}(${objectText({ client: "client", ...inputs })})`;
    case "events": {
      const options = { client: "client", ...inputs, signal: "signal", sseMaxRetryAttempts: "1" };
      return `() => firstOf(async (signal) => (await sdk.${id}(${objectText(options)})).stream)`;
    }
  }
}

const CALLS_HEAD = `import createClient from "openapi-fetch";
import type { paths } from "./paths.d.ts";
import * as sdk from "./sdk";
import { createClient as createHeyClient } from "./sdk/client";

interface Answer { readonly data?: unknown; readonly error?: unknown }
type Calls = Record<string, () => Promise<Answer>>;

/** The first event with data of a stream that would go on for ever. */
async function firstOf(open: (signal: AbortSignal) => Promise<AsyncIterable<unknown>>): Promise<Answer> {
  const stop = new AbortController();
  try {
    for await (const data of await open(stop.signal)) return { data };
    return { error: "it ended without an event" };
  } finally {
    stop.abort();
  }
}

async function* textOf(answer: { data?: ReadableStream<Uint8Array> | null; error?: unknown }): AsyncGenerator<object> {
  if (!answer.data) throw new Error(JSON.stringify(answer.error));
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of answer.data) {
    text += decoder.decode(bytes, { stream: true });
    if (/^data:[^]*?\\n\\n/m.test(text)) yield { text };
  }
}
`;
