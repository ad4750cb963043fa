import { ExchangeCards } from "../components/exchange-cards.tsx";
import { RateTable } from "../components/rate-table.tsx";
import { statusText, utc } from "../format.ts";
import { Layout, type PageAssets } from "../layout.tsx";
import type { BoardPageModel } from "../view-model.ts";

const TITLE = "Funding rates now";
const DESCRIPTION = "Live funding rates of linear perpetuals, comparable across exchanges.";

/** The front page. A null model: nothing has been collected yet. */
export function BoardPage(props: {
  readonly model: BoardPageModel | null;
  readonly assets: PageAssets;
}) {
  const { model, assets } = props;
  return (
    <Layout title={`${TITLE} – Funding Finder`} description={DESCRIPTION} assets={assets}>
      <h1>{TITLE}</h1>
      {model === null ? <Waiting /> : <Board model={model} />}
    </Layout>
  );
}

function Waiting() {
  return <p class="lead">No exchange has responded yet. Reload this page in a few seconds.</p>;
}

function Board(props: { readonly model: BoardPageModel }) {
  const { model } = props;
  return (
    <>
      <p class="lead">
        {model.totalRows} instruments on {countText(model.exchanges)} exchanges, as of{" "}
        <time datetime={new Date(model.asOfMs).toISOString()}>{utc(model.asOfMs)} UTC</time>,
        snapshot <code>{model.snapshotId}</code>.
      </p>
      {model.missing.length === 0 ? null : <p class="missing">{missingText(model.missing)}</p>}
      <section aria-labelledby="rates">
        <h2 id="rates">Strongest rates</h2>
        {model.lines.length === 0 ? (
          <p>There are no trusted rates right now.</p>
        ) : (
          <RateTable model={model} caption={captionOf(model)} />
        )}
      </section>
      <section aria-labelledby="exchanges">
        <h2 id="exchanges">Exchanges</h2>
        <ExchangeCards exchanges={model.exchanges} />
      </section>
    </>
  );
}

/** The number of exchanges with rates, and the total if it differs. */
function countText(exchanges: BoardPageModel["exchanges"]): string {
  const shown = exchanges.filter(({ symbols }) => symbols > 0).length;
  return shown === exchanges.length ? String(shown) : `${shown} of ${exchanges.length}`;
}

/** As many names as fit on a line or two; the cards below have all. */
const NAMED = 5;

function missingText(missing: BoardPageModel["missing"]): string {
  const named = missing
    .slice(0, NAMED)
    .map(({ name, status }) => `${name} (${statusText(status)})`);
  const more = missing.length - named.length;
  return `Missing now: ${named.join(", ")}${more === 0 ? "" : ` and ${more} more`}.`;
}

function captionOf(model: BoardPageModel): string {
  const shown = `${model.lines.length} of ${model.trustedRows} trusted rates`;
  return model.sort === "abs_annualized_pct"
    ? `${shown}, furthest from zero first. Click a column head to sort.`
    : `${shown}, by ${model.sort.replaceAll("_", " ")}. Click a column head to sort.`;
}
