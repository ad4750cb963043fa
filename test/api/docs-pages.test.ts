import { describe, expect, test } from "bun:test";
import { defaultRows, FIELDS_FILE } from "../../scripts/write-defaults.ts";
import { servedDocument } from "../../scripts/write-openapi.ts";
import { plainDocument } from "../support/plain-document.ts";
import { REASONS } from "../../src/domain/decision.ts";
import { EXCHANGE_IDS } from "../../src/domain/exchange.ts";
import { FLAGS, THIN_VOLUME_USD } from "../../src/domain/flags.ts";
import { defaultsOf } from "../../src/http/pages/terms-model.ts";
import { treeOf } from "../../src/http/openapi/json-tree.ts";
import { PROBLEMS } from "../../src/http/protocol/problem.ts";
import { testApp } from "../support/app.ts";
import { rowOf, snapshotOf, TestBoard } from "../support/board.ts";

const PAGES = ["/docs", "/docs/problems", "/docs/terms"] as const;

function app(publicUrl: string | null = null) {
  return testApp(
    new TestBoard(
      snapshotOf(
        "1-1",
        EXCHANGE_IDS.map((exchange) => rowOf(exchange, "BTC")),
      ),
    ),
    { publicUrl },
  );
}

const pageOf = async (path: string): Promise<string> => (await app().get(path)).text();

/** The text of a page as a reader sees it. */
function textOf(page: string): string {
  const entities: Readonly<Record<string, string>> = {
    lt: "<",
    gt: ">",
    amp: "&",
    quot: '"',
    "#39": "'",
  };
  return page
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/&(#?\w+);/g, (whole, name: string) => entities[name] ?? whole);
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly { readonly name: string; readonly description: string }[];
}

async function operations(): Promise<(readonly [string, Operation])[]> {
  const { paths } = JSON.parse(await plainDocument()) as {
    paths: Record<string, { get: Operation }>;
  };
  return Object.entries(paths).map(([path, { get }]) => [path, get]);
}

describe.each(PAGES)("%s", (path) => {
  test("has no script, loads nothing from other hosts and links back to the rates", async () => {
    const response = await app().get(path);
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain("script-src");
    expect(policy).not.toContain("unsafe-inline");
    const page = await response.text();
    expect(page).not.toMatch(/<script| style=| on\w+=/);
    expect(page).toContain('<a href="/">← Rates</a>');
  });

  test("has no broken link", async () => {
    const page = await pageOf(path);
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id));
    const links = [...page.matchAll(/ href="([^"]+)"/g)].map(([, href = ""]) =>
      href.replaceAll("&amp;", "&"),
    );
    expect(links.length).toBeGreaterThan(5);
    for (const link of links.filter((href) => href.startsWith("#")))
      expect([link, ids.has(link.slice(1))]).toEqual([link, true]);
    const served = app();
    for (const link of new Set(links.filter((href) => href.startsWith("/")))) {
      if (link === "/api/funding/stream") continue;
      const [address = "", fragment] = link.split("#");
      const response = await served.get(address);
      expect([link, response.status]).toEqual([link, 200]);
      if (fragment !== undefined) expect(await response.text()).toContain(` id="${fragment}"`);
    }
    expect(ids.size).toBe([...page.matchAll(/ id="/g)].length);
  });
});

describe("/docs", () => {
  test("works right after startup, too: minimums are at their examples", async () => {
    const page = await pageOf("/docs");
    const links = [...page.matchAll(/<strong>GET<\/strong> <a href="([^"]+)"/g)].map(
      ([, address = ""]) => address.replaceAll("&amp;", "&"),
    );
    expect(links).toContain("/api/funding/arb");
    expect(links).toContain(
      "/api/funding/divergence?min_volume=1000000&min_exchanges=2&min_lasted=0",
    );
  });

  test("shows the whole document without a script: operations, parameters, schemas", async () => {
    const page = await pageOf("/docs");
    const text = textOf(page);
    const all = await operations();
    expect(all.length).toBeGreaterThan(15);
    for (const [path, { operationId, summary, description, parameters = [] }] of all) {
      const section =
        page.slice(page.indexOf(`<h3 id="${operationId}"`)).split("</section>")[0] ?? "";
      expect([path, section.includes(`>${path}</a>`)]).toEqual([path, true]);
      expect([path, textOf(section)]).toEqual([path, expect.stringContaining(summary)]);
      const shown = textOf(section).replaceAll(/\s+/g, " ");
      const plain = (words: string) => words.replaceAll(/[`*]/g, "").replaceAll(/\s+/g, " ");
      expect(shown).toContain(plain(description));
      for (const { name, description: about } of parameters) {
        expect([path, section.includes(`<code>${name}</code>`)]).toEqual([path, true]);
        expect(shown).toContain(plain(about));
      }
    }
    const { components } = JSON.parse(await plainDocument());
    for (const name of Object.keys(components.schemas))
      expect(page).toContain(`id="schema-${name}"`);
    expect(text).toContain("What is a breaking change.");
  });
});

describe("/docs/problems", () => {
  test("has an entry for each code, with an example that is a problem", async () => {
    const page = await pageOf("/docs/problems");
    for (const [code, { status, title }] of Object.entries(PROBLEMS)) {
      const section = page.slice(page.indexOf(`<h2 id="${code}"`)).split("</section>")[0] ?? "";
      const text = textOf(section);
      expect([code, text]).toEqual([code, expect.stringContaining(`${title}.`)]);
      expect(text).toContain("What to do:");
      const body = JSON.parse(text.slice(text.indexOf("{")));
      expect(body).toMatchObject({ code, status, title, type: `/docs/problems#${code}` });
    }
  });

  test("is the target of a problem's type, absolute if the public address is known", async () => {
    const target = "/api/funding/current?limit=x";
    const { type } = (await (await app().get(target)).json()) as { type: string };
    expect(type).toBe("/docs/problems#bad_parameter");
    expect((await app().get(type.split("#")[0] ?? "")).status).toBe(200);
    const known = app("https://funding.example");
    for (const [address, code] of [
      [target, "bad_parameter"],
      ["/nope", "not_found"],
    ] as const) {
      const problem = await (await known.get(address)).json();
      expect(problem).toMatchObject({ type: `https://funding.example/docs/problems#${code}` });
    }
  });
});

test("docs/fields.md has the document's defaults; `bun scripts/write-defaults.ts` writes them", async () => {
  const page = await Bun.file(FIELDS_FILE).text();
  const rows = page.split("\n").map((line) => line.replaceAll(/ +/g, " "));
  const wanted = defaultRows(await servedDocument());
  expect(wanted.length).toBeGreaterThan(20);
  expect(rows.filter((row) => row.startsWith("| `/"))).toEqual(wanted);
});

describe("/docs/terms", () => {
  test("has every flag and reason, and the numbers that decide them", async () => {
    const page = await pageOf("/docs/terms");
    for (const name of [...FLAGS, ...REASONS]) {
      const row = page.slice(page.indexOf(`<code>${name}</code>`)).split("</tr>")[0] ?? "";
      expect([name, textOf(row).length > name.length + 10]).toEqual([name, true]);
    }
    expect(textOf(page)).toContain(`${THIN_VOLUME_USD.toLocaleString("en-US")} USD`);
    expect(textOf(page)).toContain("funding_rate × (24 / funding_interval_hours) × 365 × 100");
  });

  test("has every reason for a missing figure, and the formula of every computed figure", async () => {
    const page = await pageOf("/docs/terms");
    const { components } = JSON.parse(await plainDocument()) as {
      components: { schemas: Record<string, { properties?: Record<string, object> }> };
    };
    const fields = Object.values(components.schemas).flatMap(({ properties = {} }) =>
      Object.entries(properties),
    );
    const reasons = new Set<unknown>();
    for (const [, schema] of fields.filter(([name]) => /(^|_)reason$/.test(name))) {
      const text = JSON.stringify(schema);
      const [, set = ""] = /schemas\/(\w+)/.exec(text) ?? [];
      const [, members = "[]"] =
        /"enum":(\[[^\]]+\])/.exec(JSON.stringify(components.schemas[set]) ?? text) ?? [];
      for (const one of JSON.parse(members) as unknown[]) if (one !== null) reasons.add(one);
    }
    expect(reasons.size).toBeGreaterThan(6);
    const missing = [...reasons].filter((name) => !page.includes(`id="null-reason-${name}"`));
    expect(missing).toEqual([]);
    // Those two are an exchange's own, notional_usd is the request's.
    const given = new Set(["open_interest_usd", "volume_24h_usd", "notional_usd"]);
    const computed = fields
      .map(([name]) => name)
      .filter((name) => /_(pct|usd|share|scale)$/.test(name) && !given.has(name));
    const formulas = page.slice(page.indexOf('id="formulas"'), page.indexOf('id="blocking-flags"'));
    const named = new Set(
      [...formulas.matchAll(/<code>(?:expected_cash\.)?(\w+)<\/code>/g)].map(([, name]) => name),
    );
    expect(computed.length).toBeGreaterThan(30);
    expect([...new Set(computed)].filter((name) => !named.has(name))).toEqual([]);
  });

  test("has the document's defaults of limits and minimums", async () => {
    const document = treeOf(JSON.parse(await plainDocument()) as object);
    const defaults = defaultsOf(document);
    expect(defaults.length).toBeGreaterThan(20);
    expect(defaults).toContainEqual({
      path: "/api/funding/arb",
      parameter: "min_yield",
      fallback: expect.stringMatching(/^\d/),
    });
    const page = await pageOf("/docs/terms");
    for (const { path, parameter, fallback } of defaults)
      expect(page).toContain(
        `<code>${path}</code></th><td><code>${parameter}</code></td><td>${fallback}</td>`,
      );
  });
});
