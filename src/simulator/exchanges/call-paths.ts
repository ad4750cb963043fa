import type { WireRequest } from "../wire.ts";

/** A request with the symbol it names; null where it names none or its call takes none. */
export interface Asked extends WireRequest {
  readonly symbol: string | null;
}

/** A call, and the values that a request gives to names: in its path, its query or its body. */
export interface CallAt<Call> {
  readonly call: Call;
  valueOf(name: string): string | null;
}

/** `/a/{b}` as a pattern whose groups have the names in braces. */
function patternOf(path: string): RegExp {
  const escaped = path.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)")}$`);
}

/** A part of a path as the client meant it; unchanged if it is encoded wrongly. */
function decoded(part: string | null): string | null {
  try {
    return part === null ? null : decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The path as a table of calls has it: after the second host's name. */
function pathOf({ host, path }: WireRequest): string {
  return host === null ? path : `${host}:${path}`;
}

/** Finds the call of a request in a table by path; null where there is none. */
export function callFinder<Call>(
  calls: Readonly<Record<string, Call>>,
  keyOf: (request: WireRequest) => string = pathOf,
): (request: WireRequest) => CallAt<Call> | null {
  const known = new Map(Object.entries(calls));
  const patterns = [...known]
    .filter(([path]) => path.includes("{"))
    .map(([path, call]) => ({ pattern: patternOf(path), call }));
  return (request) => {
    const key = keyOf(request);
    const call = known.get(key);
    if (call !== undefined) return { call, valueOf: (name) => givenValue(request, name) };
    for (const { pattern, call: candidate } of patterns) {
      const groups = pattern.exec(key)?.groups;
      if (groups !== undefined)
        return { call: candidate, valueOf: (name) => decoded(groups[name] ?? null) };
    }
    return null;
  };
}

/** The value of a name in the query, or in the body of a POST. */
function givenValue({ query, body }: WireRequest, name: string): string | null {
  const value = query.get(name) ?? bodyField(body, name);
  return typeof value === "string" ? value : null;
}

/** The value of a key of a JSON body, undefined where the body is no object. */
export function bodyField(body: unknown, key: string): unknown {
  if (typeof body !== "object" || body === null) return undefined;
  return new Map(Object.entries(body)).get(key);
}
