import { describe, expect, test } from "bun:test";
import { listenOr } from "../../src/lib/listening.ts";
import { startFailure } from "../../src/lib/start-failure.ts";

const NAMES = { host: "HOST", port: "PORT" } as const;

/** The text for the operator, and the status, when listening fails with a system error `code`. */
function failureOf(code: string, host = "127.0.0.1", port = 8083) {
  try {
    listenOr({ host, port, names: NAMES }, () => {
      throw Object.assign(new Error("it failed"), { code });
    });
  } catch (error) {
    const failure = startFailure(error);
    return [failure?.exitStatus, failure?.message];
  }
  return [];
}

describe("a server that cannot listen", () => {
  test.each([
    [
      "EADDRINUSE",
      1,
      /^PORT: another program is listening on 127\.0\.0\.1:8083; stop it or choose/,
    ],
    ["EADDRNOTAVAIL", 1, /^HOST: this machine has no address 127\.0\.0\.1; choose one/],
    ["EACCES", 2, /^PORT: this user may not listen on 127\.0\.0\.1:8083; choose a PORT from 1024/],
    ["EINVAL", 2, /^HOST: nothing can listen on 127\.0\.0\.1; choose an address/],
    ["EMFILE", 1, /^HOST, PORT: nothing can listen on 127\.0\.0\.1:8083: it failed$/],
  ])("because of %s is reported in one line, status %d", (code, status, words) => {
    expect(failureOf(code)).toEqual([status, expect.stringMatching(words)]);
    expect(failureOf(code)[1]).not.toContain("\n");
  });

  test("on an IPv6 address shows it in brackets", () => {
    expect(failureOf("EADDRINUSE", "::1")[1]).toContain("is listening on [::1]:8083;");
  });

  test("on a host name may have no address for it: both causes are reported", () => {
    expect(failureOf("EADDRINUSE", "finder.example")).toEqual([
      1,
      expect.stringMatching(/^HOST, PORT: another program .*, or this machine has no such name;/),
    ]);
  });
});

test("the result of a listening server is returned", () => {
  expect(listenOr({ host: "::", port: 0, names: NAMES }, () => 7)).toBe(7);
});
