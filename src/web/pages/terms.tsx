import { DocsFrame } from "../components/docs-frame.tsx";
import { DocsTable } from "../components/docs-table.tsx";
import { Words } from "../components/prose.tsx";
import type { TermModel, TermsModel } from "../docs-model.ts";
import type { PageAssets } from "../layout.tsx";

/** Every flag, reason, status, threshold, formula and default. */
export function TermsPage(props: { readonly model: TermsModel; readonly assets: PageAssets }) {
  const { model, assets } = props;
  return (
    <DocsFrame
      title="Flags, reasons, formulas"
      address="/docs/terms"
      description="What the flags and reasons mean, the thresholds behind them, and how every figure is computed."
      assets={assets}
    >
      <h2 id="formulas">Formulas</h2>
      <p>Positive rates: longs pay shorts. Unknown values are null, never 0.</p>
      <DocsTable label="Formulas" heads={["Field", "Formula", "Percent or fraction of what"]}>
        {model.formulas.map(({ name, formula, of }) => (
          <tr>
            <th scope="row">
              <code>{name}</code>
            </th>
            <td class="wide">{formula}</td>
            <td class="wide">{of}</td>
          </tr>
        ))}
      </DocsTable>
      <Terms kind="flag" id="blocking-flags" title="Blocking flags" terms={model.blockingFlags}>
        A row with one of these cannot be trusted: pairs with it are refused.
      </Terms>
      <Terms kind="flag" id="advisory-flags" title="Advisory flags" terms={model.advisoryFlags}>
        Take a closer look before you rely on the row.
      </Terms>
      <Terms kind="reason" id="reasons" title="Reasons for pairs" terms={model.reasons}>
        Why a pair is to be watched or refused. A pair without reasons is usable. A flag of a leg is
        a reason with the same name.
      </Terms>
      <Terms
        kind="null-reason"
        id="null-reasons"
        title="Reasons for missing figures"
        terms={model.nullReasons}
      >
        Why a figure is null: in `reason`, `capacity_reason`, `alternative_reason` or `raw_reason`.
      </Terms>
      <Terms kind="decision" id="decisions" title="Decisions" terms={model.decisions}>
        Whether a pair can be relied on: in `decision`.
      </Terms>
      <Terms kind="identity" id="identities" title="Identities" terms={model.identities}>
        How certain it is which asset a listing is: in `identity`.
      </Terms>
      <Terms kind="label" id="labels" title="Sentiment labels" terms={model.labels}>
        Which side pays for an asset over all exchanges: in `label`.
      </Terms>
      <Terms kind="status" id="statuses" title="Statuses of exchanges" terms={model.statuses}>
        The state of an exchange as of the snapshot.
      </Terms>
      <Terms kind="failure" id="failures" title="Kinds of failures" terms={model.failures}>
        How the last refresh of an exchange failed: in `failure_kind`, at the start of `reason`, and
        in the labels of the metrics.
      </Terms>
      <Terms kind="reject" id="rejects" title="Reasons for rejected rows" terms={model.rejects}>
        Why rows of the last accepted batch were not used: in `rejects` and in the labels of the
        metrics.
      </Terms>
      <PastTerms model={model} />
      <Thresholds model={model} />
      <Defaults model={model} />
    </DocsFrame>
  );
}

function PastTerms({ model }: { readonly model: TermsModel }) {
  return (
    <>
      <Terms kind="past" id="past-kinds" title="Kinds of history" terms={model.pastKinds}>
        What a history consists of: in `kind`.
      </Terms>
      <Terms kind="weighting" id="weightings" title="Weightings" terms={model.weightings}>
        How the instruments of one line are weighed: in `weighting`.
      </Terms>
      <Terms kind="origin" id="origins" title="Origins of payments" terms={model.origins}>
        Where a payment of the past comes from: in `origin`.
      </Terms>
      <Terms kind="lacking" id="lacking" title="What the past lacks" terms={model.lackingStates}>
        Why payments that were due are not there: in `lacking`.
      </Terms>
      <Terms kind="outcome" id="outcomes" title="Results of a backtest" terms={model.outcomes}>
        Whether there is one: in `result`.
      </Terms>
      <Terms kind="entry" id="entries" title="Entries of a backtest" terms={model.entries}>
        Why the position was opened: in `opened_by`.
      </Terms>
      <Terms kind="exit" id="exits" title="Exits of a backtest" terms={model.exits}>
        Why it was closed: in `closed_by`.
      </Terms>
      <Terms kind="point" id="points" title="Points of an equity curve" terms={model.points}>
        What happened: in `kind`.
      </Terms>
      <Terms kind="accrued" id="accrued" title="Accrued amounts" terms={model.accruedUnits}>
        What an amount of continuous funding is: in `accrued_unit`.
      </Terms>
    </>
  );
}

function Thresholds({ model }: { readonly model: TermsModel }) {
  return (
    <>
      <h2 id="thresholds">Thresholds</h2>
      <DocsTable label="Thresholds" heads={["What", "Value", "Why"]}>
        {model.thresholds.map(({ name, value, why }) => (
          <tr>
            <th scope="row">{name}</th>
            <td>{value}</td>
            <td class="wide">{why}</td>
          </tr>
        ))}
      </DocsTable>
    </>
  );
}

function Defaults({ model }: { readonly model: TermsModel }) {
  return (
    <>
      <h2 id="defaults">Defaults of limits and minimums</h2>
      <DocsTable label="Defaults" heads={["Address", "Parameter", "Default"]}>
        {model.defaults.map(({ path, parameter, fallback }) => (
          <tr>
            <th scope="row">
              <code>{path}</code>
            </th>
            <td>
              <code>{parameter}</code>
            </td>
            <td>{fallback}</td>
          </tr>
        ))}
      </DocsTable>
    </>
  );
}

function Terms(props: {
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  readonly terms: readonly TermModel[];
  readonly children: string;
}) {
  return (
    <>
      <h2 id={props.id}>{props.title}</h2>
      <p>
        <Words text={props.children} />
      </p>
      <DocsTable label={props.title} heads={["Name", "When"]}>
        {props.terms.map(({ name, meaning }) => (
          <tr>
            <th scope="row" id={`${props.kind}-${name}`}>
              <code>{name}</code>
            </th>
            <td class="wide">
              <Words text={meaning} />
            </td>
          </tr>
        ))}
      </DocsTable>
    </>
  );
}
