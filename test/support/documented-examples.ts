import { z } from "zod";
import { plainText } from "./plain-document.ts";
import { until } from "./service.ts";

const Parameter = z.object({
  name: z.string(),
  in: z.enum(["path", "query", "header"]),
  schema: z.object({ example: z.unknown().optional() }),
});

const Document = z.object({
  paths: z.record(
    z.string(),
    z.object({ get: z.object({ parameters: z.array(Parameter).default([]) }) }),
  ),
});

/** A stream never ends. */
const ENDLESS = /\/stream$/;

/**
 * Every operation as the interactive documentation sends it: each parameter at its example. Lists come as files of
 * CSV, in which a row is a line.
 */
function exampleTargets(document: string): string[] {
  const { paths } = Document.parse(JSON.parse(plainText(document)));
  return Object.entries(paths)
    .filter(([path]) => !ENDLESS.test(path))
    .map(([path, { get }]) => {
      const filled = get.parameters
        .filter((parameter) => parameter.in === "path")
        .reduce(
          (text, { name, schema }) => text.replace(`{${name}}`, String(schema.example)),
          path,
        );
      const query = get.parameters
        .filter(({ in: place, schema }) => place === "query" && schema.example !== undefined)
        .map(({ name, schema }): [string, string] => [
          name,
          name === "format" ? "csv" : String(schema.example),
        ]);
      return query.length === 0 ? filled : `${filled}?${new URLSearchParams(query)}`;
    });
}

/** Intervals rarely change: that list alone may be empty. */
const EMPTY_BY_NATURE = ["/api/intervals/changes", "/api/funding/forecast-error"];

/** The requests of the interactive documentation of a running service, as in its forms. */
export async function documentedExamples(origin: string): Promise<readonly string[]> {
  const targets = exampleTargets(await (await fetch(`${origin}/openapi.json`)).text());
  if (targets.length === 0) throw new Error("no example at all");
  return targets;
}

/** Waits until all `targets` have rows at the same time. */
export async function haveRows(origin: string, targets: readonly string[]): Promise<void> {
  let wanting = await withoutRows(origin, targets);
  await until(
    async () => {
      wanting = await withoutRows(origin, wanting.keys());
      if (wanting.size === 0) wanting = await withoutRows(origin, targets);
      return wanting.size === 0;
    },
    () => JSON.stringify([...wanting]),
  );
}

/** Those of `targets` that fail or return no row, each with the response. */
async function withoutRows(
  origin: string,
  targets: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const wanting = new Map<string, string>();
  for (const target of targets) {
    const response = await fetch(origin + target);
    const lines = (await response.text()).trimEnd().split("\n").length;
    // One line is the header of a file without rows.
    const isEmpty = target.includes("format=csv") && lines < 2;
    const mayBeEmpty = EMPTY_BY_NATURE.some((path) => target.startsWith(path));
    if (response.status !== 200 || (isEmpty && !mayBeEmpty))
      wanting.set(target, `${response.status}, ${lines} lines`);
  }
  return wanting;
}
