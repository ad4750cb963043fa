import type { OpenAPIHono, z } from "@hono/zod-openapi";
import { ApiError, type ParameterError } from "./problem.ts";
import { UNKNOWN_NAME, unreadIn } from "./query-text.ts";
import type { AppEnv } from "./request-context.ts";

/**
 * Lets a handler answer with prepared bytes, which the types of documented routes cannot see into. What
 * holds instead of the compiler: the tests check every answer against the served document.
 */
export function documented(response: Response | Promise<Response>): never {
  return response as never;
}

/** Methods whose routes are looked for when a path does not take the one that was sent. */
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

/** The pattern of the route for `method` and `path`, null when there is none. HEAD is served by GET. */
export function routeOf(app: OpenAPIHono<AppEnv>, method: string, path: string): string | null {
  const wanted = method === "HEAD" ? "GET" : method;
  const [handlers] = app.router.match(wanted, path);
  // Middleware is registered for ALL methods and is no route.
  for (const [[, route]] of handlers) if (route.method === wanted) return route.path;
  return null;
}

/** What an address takes, for Allow; empty when nothing is there. */
export function allowedMethods(app: OpenAPIHono<AppEnv>, path: string): string[] {
  const found: string[] = METHODS.filter((method) => routeOf(app, method, path) !== null);
  if (found.length === 0) return [];
  const heads = found.includes("GET") ? ["HEAD"] : [];
  return [...found, ...heads, "OPTIONS"].toSorted();
}

/** An unknown name is repeated only so far. */
const MAX_NAME_LENGTH = 64;

/** What came of reading the path, the headers or the query of a request. */
interface Reading {
  readonly target: string;
  readonly error?: z.core.$ZodError;
}

/** Throws the 400 problem for parameters that did not parse, and for what `query` holds besides parameters. */
export function requireParameters({ target, error }: Reading, query: string): void {
  const unread = target === "query" ? unreadIn(query) : [];
  const errors = [...unread, ...(error?.issues.flatMap(parameterErrors) ?? [])].map(
    ({ parameter, rule }) => ({ parameter: parameter.slice(0, MAX_NAME_LENGTH), rule }),
  );
  if (errors.length === 0) return;
  const named = [...new Set(errors.map(({ parameter }) => parameter || '""'))].join(", ");
  throw new ApiError("bad_parameter", `Not valid: ${named}.`, { errors });
}

function parameterErrors(issue: z.core.$ZodIssue): ParameterError[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((parameter) => ({ parameter, rule: UNKNOWN_NAME }));
  }
  return [{ parameter: String(issue.path[0] ?? ""), rule: issue.message }];
}
