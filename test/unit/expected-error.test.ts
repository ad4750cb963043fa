import { expect, test } from "bun:test";
import { RowReject } from "../../src/exchanges/wire.ts";
import { ApiError } from "../../src/http/protocol/problem.ts";
import { RequestFailure } from "../../src/lib/request-failure.ts";

test.each([
  new RowReject("bad_rate", "rate is not a number"),
  new RequestFailure("timeout", "no answer within 10 s"),
  new ApiError("bad_parameter", "limit must be at least 1"),
])("%p is an error without a stack", (error) => {
  expect(error).toBeInstanceOf(Error);
  expect(error.message).not.toBe("");
  expect(error.stack ?? "").not.toContain(import.meta.path);
});

test("other errors keep their stack after one was made", () => {
  const limit = Error.stackTraceLimit;
  new RowReject("bad_rate", "rate is not a number");
  expect(Error.stackTraceLimit).toBe(limit);
  expect(new Error("unexpected").stack).toContain(import.meta.path);
});
