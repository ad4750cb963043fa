import { fractionToPct } from "../../domain/funding.ts";
import {
  defaultOrder,
  type SortField,
  type SortOrder,
} from "../../services/finder/funding-query.ts";
import { dollars, signed, UNKNOWN, until } from "../format.ts";
import type { BoardPageModel, RateLine } from "../view-model.ts";

interface Column {
  readonly sort: SortField;
  readonly title: string;
  readonly numeric: boolean;
}

const COLUMNS: readonly Column[] = [
  { sort: "symbol", title: "Symbol", numeric: false },
  { sort: "exchange", title: "Exchange", numeric: false },
  { sort: "funding_rate", title: "Rate %", numeric: true },
  { sort: "funding_interval_hours", title: "Every", numeric: true },
  { sort: "annualized_pct", title: "% a year", numeric: true },
  { sort: "next_funding_time", title: "Next in", numeric: true },
  { sort: "volume_24h_usd", title: "Volume 24 h", numeric: true },
  { sort: "open_interest_usd", title: "Open interest", numeric: true },
];

/** The table of rates. Column heads are links, so that sorting needs no script. */
export function RateTable(props: { readonly model: BoardPageModel; readonly caption: string }) {
  const { model } = props;
  return (
    <div class="scroll" role="region" aria-label="Rates" tabindex={0}>
      <table>
        <caption>{props.caption}</caption>
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <ColumnHead column={column} sort={model.sort} order={model.order} />
            ))}
            <th scope="col">Flags</th>
          </tr>
        </thead>
        <tbody>
          {model.lines.map((line) => (
            <Line line={line} asOfMs={model.asOfMs} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ColumnHead(props: {
  readonly column: Column;
  readonly sort: SortField;
  readonly order: SortOrder;
}) {
  const { column, sort, order } = props;
  const active = column.sort === sort;
  const next = active ? (order === "asc" ? "desc" : "asc") : defaultOrder(column.sort);
  const sorted = !active ? undefined : order === "asc" ? "ascending" : "descending";
  return (
    <th scope="col" class={column.numeric ? "number" : undefined} aria-sort={sorted}>
      <a href={`/?sort=${column.sort}&order=${next}`}>
        {column.title}
        {active ? <span aria-hidden="true">{order === "asc" ? " ↑" : " ↓"}</span> : null}
      </a>
    </th>
  );
}

function Line(props: { readonly line: RateLine; readonly asOfMs: number }) {
  const { line, asOfMs } = props;
  return (
    <tr>
      <th scope="row">
        {line.symbol}
        {line.exchangeSymbol === line.symbol ? null : <small>{line.exchangeSymbol}</small>}
      </th>
      <td>{line.exchange}</td>
      <td class={`number ${signClass(line.fundingRate)}`}>
        {signed(fractionToPct(line.fundingRate), 4)}
      </td>
      <td class="number">{line.intervalHours === null ? UNKNOWN : `${line.intervalHours} h`}</td>
      <td class={`number ${signClass(line.fundingRate)}`}>
        {line.annualizedPct === null ? UNKNOWN : signed(line.annualizedPct, 1)}
      </td>
      <td class="number">{until(line.nextFundingAtMs, asOfMs)}</td>
      <td class="number">{dollars(line.volume24hUsd)}</td>
      <td class="number">{dollars(line.openInterestUsd)}</td>
      <td class="flags">{line.flags.map((flag) => flag.replaceAll("_", " ")).join(", ")}</td>
    </tr>
  );
}

function signClass(rate: number): string {
  return rate > 0 ? "up" : rate < 0 ? "down" : "";
}
