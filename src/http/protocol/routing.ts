import { type OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import { didYouMean } from "../../lib/nearest.ts";
import { ApiError, asSentence, badParameters, type ParameterError } from "./problem.ts";
import { UNKNOWN_NAME, queryProblems } from "./query-text.ts";
import type { AppEnv } from "./request-context.ts";

declare const BODY: unique symbol;

/** A response whose bytes represent a `Body`, as JSON or in another format. Exists for the compiler only. */
export type ResponseOf<Body> = Response & { readonly [BODY]?: Body };

type Contents<Route> = Route extends {
  readonly responses: { readonly 200: { readonly content: infer Content } };
}
  ? Content
  : never;

/** The body that the document declares for a route; names of thresholds are left to tests. */
type Documented<Route> =
  Contents<Route> extends { readonly "application/json": { readonly schema: infer Schema } }
    ? Schema extends z.ZodType
      ? Omit<z.output<Schema>, "thresholds">
      : never
    : string;

/**
 * Lets a handler of `route` return prepared bytes, whose type the library cannot check. The compiler checks their
 * declared body against the document; tests check that the bytes match it, and the other formats.
 */
export function documented<Route extends RouteConfig>(
  _route: Route,
  response: ResponseOf<Documented<Route>> | Promise<ResponseOf<Documented<Route>>>,
): never {
  return response as never;
}

/** A response in a format that the documented JSON does not describe: not checked by the compiler. */
export function untypedFormat(response: Response | Promise<Response>): Promise<ResponseOf<never>> {
  return Promise.resolve(response);
}

/** Methods to look for if a path does not support the requested one. */
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** The pattern of the route for `method` and `path`, or null. HEAD is served by GET. */
export function routeOf(app: OpenAPIHono<AppEnv>, method: string, path: string): string | null {
  const wanted = method === "HEAD" ? "GET" : method;
  const [handlers] = app.router.match(wanted, path);
  // Middleware is registered for ALL methods and is not a route.
  for (const [[, route]] of handlers) if (route.method === wanted) return route.path;
  return null;
}

/** The methods that a path supports, for Allow; empty if it does not exist. */
export function allowedMethods(app: OpenAPIHono<AppEnv>, path: string): string[] {
  const found: string[] = METHODS.filter((method) => routeOf(app, method, path) !== null);
  if (found.length === 0) return [];
  const heads = found.includes("GET") ? ["HEAD"] : [];
  return [...found, ...heads, "OPTIONS"].toSorted();
}

/** How much of an unknown name an error repeats. */
const MAX_NAME_LENGTH = 64;

/** More unknown names than this are not typos: finding the nearest name of each would only take time. */
const MAX_SUGGESTED_NAMES = 16;

/** The result of parsing the path, the headers or the query of a request. */
interface Reading {
  readonly target: string;
  readonly error?: z.core.$ZodError;
}

/**
 * Throws the 400 problem for invalid parameters, and for anything in `query` that is not a parameter. `names` are the
 * valid names: the nearest is suggested for an unknown one.
 */
export function requireParameters(
  { target, error }: Reading,
  query: string,
  names: () => readonly string[],
): void {
  const unread = target === "query" ? queryProblems(query) : [];
  const all = [...unread, ...(error?.issues.flatMap(parameterErrors) ?? [])];
  if (all.length === 0) return;
  const known = names();
  const errors = all.map(({ parameter, rule }, index) => ({
    parameter: parameter.slice(0, MAX_NAME_LENGTH),
    rule:
      rule === UNKNOWN_NAME && index < MAX_SUGGESTED_NAMES
        ? `${rule}${didYouMean(parameter, known)}`
        : rule,
  }));
  throw badParameters(errors);
}

/** A segment of a route that matches any text. */
const PLACEHOLDER = /^:/;

/** Addresses that no one types: their names contain a hash. */
const HASHED = /^\/static\//;

/** The problem for an address without a route, with the nearest one that has one, case-insensitive. */
export function nothingAt(app: OpenAPIHono<AppEnv>, path: string): ApiError {
  const asked = path.split("/");
  const addresses = app.routes
    .filter(({ method, path: route }) => method === "GET" && !HASHED.test(route))
    .map(({ path: route }) =>
      route
        .split("/")
        .map((piece, place) => (PLACEHOLDER.test(piece) ? asked[place] || piece : piece))
        .join("/"),
    );
  const near = didYouMean(path, addresses);
  return new ApiError("not_found", asSentence(`See /docs for what there is${near}`));
}

/** The documented query parameters of a route; empty if it does not exist. */
export function queryNamesOf(app: OpenAPIHono<AppEnv>, route: string): readonly string[] {
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== "route") continue;
    if (definition.route.path.replaceAll(/\{(\w+)\}/g, ":$1") !== route) continue;
    const query = definition.route.request?.query;
    return query instanceof z.ZodObject ? Object.keys(query.shape) : [];
  }
  return [];
}

function parameterErrors(issue: z.core.$ZodIssue): ParameterError[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((parameter) => ({ parameter, rule: UNKNOWN_NAME }));
  }
  return [{ parameter: String(issue.path[0] ?? ""), rule: issue.message }];
}
