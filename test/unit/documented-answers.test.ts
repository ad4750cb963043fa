import { createRoute, z } from "@hono/zod-openapi";
import { expect, test } from "bun:test";
import { freshJson, freshText } from "../../src/http/openapi/document.ts";
import { documented, type ResponseOf } from "../../src/http/protocol/routing.ts";

const Body = z.strictObject({ rate: z.number().nullable(), thresholds: z.strictObject({}) });
const json = createRoute({
  method: "get",
  path: "/json",
  responses: { 200: freshJson(Body, "A body.") },
});
const text = createRoute({
  method: "get",
  path: "/text",
  responses: { 200: freshText("A text.", "ok") },
});

// The compiler makes this check: a directive that expects an error where there is none is an error.
test("an answer that differs from its route's documentation does not compile", () => {
  const response = new Response("{}");
  const rate: ResponseOf<{ rate: number }> = response;
  const name: ResponseOf<{ rate: string }> = response;
  const nothing: ResponseOf<object> = response;
  const words: ResponseOf<string> = response;
  const sent: Response[] = [
    documented(json, rate),
    documented(json, Promise.resolve(rate)),
    documented(text, words),
    // @ts-expect-error: a string is not a number
    documented(json, name),
    // @ts-expect-error: the rate is missing
    documented(json, nothing),
    // @ts-expect-error: in a promise as well
    documented(json, Promise.resolve(name)),
    // @ts-expect-error: JSON is not plain text
    documented(text, rate),
  ].slice(0, 1);
  expect(sent).toEqual([response]);
});
