import { readFileSync } from "node:fs";
import { projectFile } from "../../lib/project-files.ts";
import type { PageAssets } from "../../web/layout.tsx";

/** Parts of the style sheet: the one of all pages, and the documentation's additions. */
const PARTS = ["site.css", "docs.css"] as const;

/** The site's style sheet, and its address, which contains a hash of the content. */
export function readStyleSheet(): { readonly css: string; readonly assets: PageAssets } {
  const css = PARTS.map((name) => readFileSync(projectFile(`src/web/static/${name}`), "utf8")).join(
    "\n",
  );
  return { css, assets: { styleSheet: `/static/site.${Bun.hash(css).toString(36)}.css` } };
}
