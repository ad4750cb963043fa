import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { OPENAPI_FILE, servedDocument } from "../../scripts/write-openapi.ts";
import { SET_NAMES } from "../../src/http/openapi/closed-sets.ts";
import { POLICY } from "../../src/http/openapi/document.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";
import { LONG_MS } from "../support/patience.ts";
import { plainDocument } from "../support/plain-document.ts";

const ROOT = join(import.meta.dir, "../..");

/** The limit for all cached market data. */
const CACHE_BYTES = 24 * 1024 * 1024;

interface Operation {
  readonly tags: readonly string[];
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly object[];
  readonly responses: Readonly<Record<string, object>>;
}

function app() {
  return testApp(new TestBoard(snapshotOf("1-1", [rowOf("okx", "BTC")])));
}

/** No example of these works: a cursor expires, `capital` excludes `notional`; of a time in them nothing may be stored. */
const WITHOUT_EXAMPLE: ReadonlySet<string> = new Set([
  "cursor",
  "capital",
  "as_of",
  "from",
  "to",
  "enter_over",
  "leave_under",
]);

describe("the API document", () => {
  test("equals docs/openapi.json; `bun scripts/write-openapi.ts` writes it", async () => {
    expect(await Bun.file(OPENAPI_FILE).text()).toBe(await servedDocument());
  });

  test("is served with an entity tag, the same with and without data", async () => {
    const served = app();
    const response = await served.get("/openapi.json");
    expect(await response.text()).toBe(await servedDocument());
    const etag = response.headers.get("etag") ?? "";
    expect((await served.get("/openapi.json", { "if-none-match": etag })).status).toBe(304);
  });

  test(
    "passes the recommended rules of redocly, offline",
    async () => {
      const child = Bun.spawn(
        [
          process.execPath,
          "node_modules/@redocly/cli/bin/cli.js",
          "lint",
          OPENAPI_FILE,
          "--format=json",
        ],
        {
          cwd: ROOT,
          env: {
            PATH: process.env["PATH"] ?? "",
            CI: "1",
            REDOCLY_TELEMETRY: "off",
            REDOCLY_SUPPRESS_UPDATE_NOTICE: "true",
          },
          stdout: "pipe",
          stderr: "pipe",
        },
      );
      const report = JSON.parse(await new Response(child.stdout).text());
      expect(report.problems).toEqual([]);
      expect(await child.exited).toBe(0);
    },
    LONG_MS,
  );

  test("describes every parameter with an example, and lists with their grammar", async () => {
    const { paths } = JSON.parse(await plainDocument());
    const parameters = Object.values(paths).flatMap(
      (path) => (path as { get: { parameters?: object[] } }).get.parameters ?? [],
    ) as { name: string; description?: string; schema: { type: string; example?: unknown } }[];
    expect(parameters.length).toBeGreaterThan(10);
    for (const { name, description, schema } of parameters) {
      expect([name, description?.length]).not.toEqual([name, undefined]);
      // A uid contains when it was first seen: none is in every market.
      if (name === "uid" && schema.type === "array") expect(schema.example).toBeUndefined();
      else if (WITHOUT_EXAMPLE.has(name)) expect(schema.example).toBeUndefined();
      else expect([name, schema.example]).not.toEqual([name, undefined]);
      if (schema.type === "array") expect(description).toContain("separated by commas");
    }
  });

  test("names each enum once, none of them including null", async () => {
    const { components, paths } = JSON.parse(await servedDocument()) as {
      components: { schemas: Record<string, { type?: string; enum?: unknown[] }> };
      paths: object;
    };
    const sets = Object.entries(components.schemas).filter(([, schema]) => schema.enum);
    const names = sets.map(([name]) => name);
    for (const name of ["Accrual", "AssetClass", "ExchangeId", "ExchangeStatus", "Flag"])
      expect(names).toContain(name);
    for (const name of Object.values(SET_NAMES)) expect(names).toContain(name);
    for (const [name, schema] of sets) expect([name, schema.type]).toEqual([name, "string"]);
    const members = sets.map(([, schema]) => JSON.stringify(schema.enum));
    expect(new Set(members).size).toBe(members.length);
    // Enums are separate schemas, except those with one member.
    const others = Object.entries(components.schemas).filter(([, schema]) => !schema.enum);
    const elsewhere = JSON.stringify([paths, others]);
    expect(elsewhere.match(/"enum":\["[^"]*",[^\]]*\]/g)).toBeNull();
    expect(elsewhere).not.toContain('"hyperliquid"');
  });

  test("has one topic, a summary and a description for each operation", async () => {
    const { paths, tags } = JSON.parse(await servedDocument());
    const topics = new Set<string>();
    for (const [path, { get }] of Object.entries(paths as Record<string, { get: Operation }>)) {
      expect([path, get.tags.length]).toEqual([path, 1]);
      topics.add(get.tags[0] ?? "");
      expect([path, (get.summary ?? "").length > 5]).toEqual([path, true]);
      expect([path, (get.description ?? "").length > 20]).toEqual([path, true]);
    }
    expect(tags.map(({ name }: { name: string }) => name).toSorted()).toEqual(
      [...topics].toSorted(),
    );
  });

  test("names a contact, the policy of change and its 3.0 version", async () => {
    const { info } = JSON.parse(await servedDocument());
    expect(info.contact).toEqual({ name: "The operator of this service" });
    const known = testApp(new TestBoard(), { publicUrl: "https://funding.example" });
    const { info: named } = JSON.parse(await (await known.get("/openapi.json")).text());
    expect(named.contact.url).toBe("https://funding.example/docs");
    const policy = await Bun.file(join(ROOT, "docs/api-changes.md")).text();
    for (const paragraph of POLICY) {
      expect(info.description).toContain(paragraph);
      expect(policy).toContain(paragraph);
    }
    expect(info.description).toContain("/openapi-3.0.json");
  });

  test("repeats nothing: what several operations share is referenced", async () => {
    const served = JSON.parse(await servedDocument());
    const written = JSON.parse(await plainDocument());
    expect(written.paths).not.toEqual(served.paths);
    const parts = Object.values(served.paths as Record<string, { get: Operation }>).flatMap(
      ({ get }) => [...(get.parameters ?? []), ...Object.values(get.responses)],
    );
    const whole = parts.filter((part) => !("$ref" in part)).map((part) => JSON.stringify(part));
    expect(new Set(whole).size).toBe(whole.length);
    expect(parts.length).toBeGreaterThan(2 * whole.length);
  });

  test("explains what a positive rate means and how rates are annualized", async () => {
    const text = await servedDocument();
    expect(text).toContain("longs pay shorts");
    expect(text).toContain("simple interest");
  });
});

test.each(["/openapi.json", "/docs/try", "/docs/try.js"])(
  "%s is built once: market data cannot evict it",
  async (target) => {
    const rows = Array.from({ length: 4_000 }, (_, index) => rowOf("okx", `COIN${index}`));
    const served = testApp(new TestBoard(snapshotOf("1-1", rows)));
    const ask = (address: string) =>
      served.fetch(
        new Request(`http://finder.test${address}`, { headers: { "accept-encoding": "gzip" } }),
      );
    await ask(target);
    let bytes = 0;
    for (let query = 1; bytes < 2 * CACHE_BYTES; query += 1) {
      const list = `http://finder.test/api/funding/current?min_volume=${query}`;
      const answer = await served.fetch(new Request(list));
      bytes += (await answer.arrayBuffer()).byteLength;
    }
    // A representation that has to be built first is returned as a promise.
    const again = ask(target);
    expect(again).toBeInstanceOf(Response);
    expect((await again).headers.get("content-encoding")).toBe("gzip");
  },
);

describe("/docs/try", () => {
  test("loads only files of this service, and all of them exist", async () => {
    const served = app();
    const page = await (await served.get("/docs/try")).text();
    const loaded = [...page.matchAll(/<(?:script|link)[^>]* (?:src|href)="([^"]+)"/g)].map(
      (match) => match[1] ?? "",
    );
    const files = loaded.filter((address) => !address.startsWith("data:"));
    expect(files).toHaveLength(2);
    for (const file of files) {
      expect(file).toMatch(/^\/(?!\/)/);
      const response = await served.get(file);
      expect([file, response.status]).toEqual([file, 200]);
    }
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)| style=| on\w+=/);
  });

  test("allows no inline script, no inline style and no other host", async () => {
    const served = app();
    const policy = (await served.get("/docs/try")).headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/https?:|\*|unsafe-/);
  });

  test("its script has a type, is compressed and the only additional file", async () => {
    const served = app();
    const script = await served.get("/docs/try.js", { "accept-encoding": "gzip" });
    expect(script.headers.get("content-type")).toStartWith("text/javascript");
    expect(script.headers.get("content-encoding")).toBe("gzip");
    expect((await served.get("/docs/package.json")).status).toBe(404);
  });

  test("has a field for each parameter in the address, filled with its example", async () => {
    const page = await (await app().get("/docs/try")).text();
    const { paths } = JSON.parse(await plainDocument()) as {
      paths: Record<string, { get: Operation & { operationId: string } }>;
    };
    for (const { get } of Object.values(paths)) {
      const form = page.split(`<form id="${get.operationId}"`)[1]?.split("</form>")[0] ?? "";
      const fields = [...form.matchAll(/<(?:input|select)[^>]* name="([^"]+)"/g)].map(
        ([, name]) => name,
      );
      const parameters = (get.parameters ?? []) as { name: string; in: string }[];
      const sent = parameters.filter((one) => one.in !== "header").map(({ name }) => name);
      expect([get.operationId, fields]).toEqual([get.operationId, sent]);
    }
    expect(page).toContain('name="min_volume" aria-describedby="listFundingRates-min_volume-hint"');
    expect(page).toContain('<option value="annualized_pct" selected="">');
  });

  test.each([
    [
      "listFundingRates?exchange=okx%2Cgate&base=&limit=5&format=",
      "current?exchange=okx%2Cgate&limit=5",
    ],
    ["listFundingRatesOfAsset?base=BTC&limit=", "symbol/BTC"],
    ["listFundingRatesOfAsset?base=../../health&order=desc", "symbol/..%2F..%2Fhealth?order=desc"],
    ["listFundingRates?base=A%26B%3D%0D%0A&x=%23", "current?base=A%26B%3D%0D%0A&x=%23"],
  ])("a form leads to its address without the empty fields: %s", async (sent, address) => {
    const response = await app().get(`/docs/try/${sent}`);
    expect(response.status).toBe(303);
    expect(response.headers.get("location")).toBe(`/api/funding/${address}`);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test("a form without an operation is a 404", async () => {
    for (const path of ["/docs/try/nope", "/docs/try/", "/docs/try/toString"])
      expect([path, (await app().get(path)).status]).toEqual([path, 404]);
  });
});
