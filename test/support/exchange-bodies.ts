import type {
  Changed,
  ExchangeDescription,
  Payload,
  PerInstrument,
} from "./exchange-description.ts";
import type { Bodies } from "./memory-source.ts";
import type { MutatedPayload } from "./mutations.ts";
import { at, objectOf } from "./simulator.ts";

/** Where values are in the bodies of a description. */

/** The replies of a description, by request. */
export function bodiesOf(description: ExchangeDescription): Bodies {
  const bodies = description.payloads.map(({ request, body }) => [request, body]);
  const answers = perInstrumentOf(description).map((each) => each.bodies);
  return Object.assign(Object.fromEntries(bodies), ...answers);
}

/** What is requested for one instrument at a time. */
export function perInstrumentOf({
  perInstrument = [],
}: ExchangeDescription): readonly PerInstrument[] {
  return [perInstrument].flat();
}

/** The payload of a changed value, its location in a row, and its key: `payload.key` or `payload.part.key`. */
export function placeOf(description: ExchangeDescription, changedAt: string) {
  const end = changedAt.lastIndexOf(".");
  const owner = changedAt.slice(0, end);
  const answers = perInstrumentOf(description).map(firstAnswer);
  for (const payload of [...description.payloads, ...answers]) {
    const part = mutatedPayloads(payload).find(({ name }) => name === owner);
    if (part !== undefined) return { payload, rows: part.rows, key: changedAt.slice(end + 1) };
  }
  throw new Error(`no payload is called ${owner}`);
}

/** The answer about the first instrument, if each is requested separately. */
function firstAnswer({ requests: [request = ""], bodies, ...answer }: PerInstrument) {
  return { ...answer, request, body: bodies[request] };
}

/** The bodies, by request, with values of their first rows changed. */
export function changedBodies(description: ExchangeDescription, changed: Changed): Bodies {
  const bodies: Record<string, unknown> = {};
  for (const [changedAt, value] of Object.entries(changed)) {
    const { payload, rows, key } = placeOf(description, changedAt);
    const body: unknown = (bodies[payload.request] ??= structuredClone(payload.body));
    const [row] = rows(body);
    if (typeof row !== "object" || row === null) throw new Error(`${changedAt}: no first row`);
    Reflect.set(row, key, value);
  }
  return bodies;
}

/** The answers to requests of one instrument each. */
export function mutatedAnswers(perInstrument: PerInstrument): readonly MutatedPayload[] {
  const { name, requests, bodies, rows, one } = perInstrument;
  const place = rows === undefined ? { one: one ?? [] } : { rows };
  return requests
    .filter((request) => !(bodies[request] instanceof Error))
    .flatMap((request) => mutatedPayloads({ name, request, ...place }));
}

/** The envelope around the rows of a payload; none if a body is a bare list or one row. */
export function mutatedEnvelope({ name, request, rows }: Payload): readonly MutatedPayload[] {
  if (rows === undefined || rows.length === 0) return [];
  return [{ name: `${name}.envelope`, request, rows: (body) => [body] }];
}

/** A payload, its further lists and the parts of its rows, each with its name and its location. */
export function mutatedPayloads(
  place: Pick<Payload, "name" | "request" | "rows" | "one" | "parts" | "moreRows">,
): readonly MutatedPayload[] {
  const { name, request, rows, one = [], parts = [], moreRows = {} } = place;
  const rowsIn = (body: unknown): readonly unknown[] => {
    const found = at(body, ...(rows ?? one));
    if (rows === undefined) return [found];
    return typeof found === "object" && found !== null ? Object.values(found) : [];
  };
  return [
    { name, request, rows: rowsIn },
    ...Object.entries(moreRows).flatMap(([more, path]) =>
      mutatedPayloads({ name: more, request, rows: path }),
    ),
    ...parts.map((part) => ({
      name: `${name}.${part}`,
      request,
      rows: (body: unknown) =>
        rowsIn(body).flatMap((row) => {
          const inner = objectOf(row)[part];
          return typeof inner === "object" && inner !== null ? [inner] : [];
        }),
    })),
  ];
}
