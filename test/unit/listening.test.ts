import { describe, expect, test } from "bun:test";
import { listenOr } from "../../src/lib/listening.ts";
import { startFailure } from "../../src/lib/start-failure.ts";

const NAMES = { host: "HOST", port: "PORT" } as const;

/** What an operator reads, and the status, when listening fails with a system's error `code`. */
function told(code: string, host = "127.0.0.1", port = 8083) {
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
  ])("by %s is told in one line, status %d", (code, status, words) => {
    expect(told(code)).toEqual([status, expect.stringMatching(words)]);
    expect(told(code)[1]).not.toContain("\n");
  });

  test("on an IPv6 address names it as one", () => {
    expect(told("EADDRINUSE", "::1")[1]).toContain("is listening on [::1]:8083;");
  });

  test("on a name may be one without an address: both are told", () => {
    expect(told("EADDRINUSE", "finder.example")).toEqual([
      1,
      expect.stringMatching(/^HOST, PORT: another program .*, or this machine has no such name;/),
    ]);
  });
});

test("what a server returns that listens is passed on", () => {
  expect(listenOr({ host: "::", port: 0, names: NAMES }, () => 7)).toBe(7);
});
