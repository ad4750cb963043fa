import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Where screenshots are stored for a person to look at, if set. */
const KEPT_IN = process.env["SCREENSHOTS"] || null;

/** The machine's own browser; null if there is none. */
export function browserPath(): string | null {
  for (const name of NAMES) {
    const path = Bun.which(name);
    if (path !== null) return path;
  }
  return null;
}

export interface BrowserSession {
  /** A page in a separate context, which records everything that a page should not do. */
  page(options?: BrowserContextOptions): Promise<WatchedPage>;
  /** Takes a screenshot, into SCREENSHOTS or a folder that is removed with the session; returns its size in bytes. */
  picture(page: Page, name: string): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors and warnings of the console (including policy violations), exceptions, failed requests. */
  readonly complaints: readonly string[];
  /** Hosts to which requests were sent. */
  readonly hosts: ReadonlySet<string>;
}

export async function startBrowser(executablePath: string): Promise<BrowserSession> {
  const folder = mkdtempSync(join(tmpdir(), "funding-finder-browser-"));
  const browser: Browser = await chromium.launch({
    executablePath,
    // Small shared memory is common in containers.
    args: ["--disable-dev-shm-usage"],
  });
  return {
    async page(options = {}) {
      const context = await browser.newContext(options);
      const page = await context.newPage();
      return { page, ...watch(page) };
    },
    async picture(page, name) {
      const bytes = await page.screenshot({ path: join(KEPT_IN ?? folder, `${name}.png`) });
      return bytes.byteLength;
    },
    async [Symbol.asyncDispose]() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function watch(page: Page): Pick<WatchedPage, "complaints" | "hosts"> {
  const complaints: string[] = [];
  const hosts = new Set<string>();
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning")
      complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => complaints.push(`exception: ${error.message}`));
  page.on("requestfailed", (request) => complaints.push(`failed: ${request.url()}`));
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== "data:") hosts.add(host);
  });
  return { complaints, hosts };
}
