/** View models of the documentation pages. Texts may contain `code` and **strong** markup, and paragraphs. */

/** The type of a value: text around the name of a schema that is described on the same page. */
export interface KindModel {
  readonly before: string;
  readonly schema: string | null;
  readonly after: string;
}

export interface ParameterModel {
  readonly name: string;
  readonly kind: KindModel;
  readonly isRequired: boolean;
  /** As written in a URL; null if there is none. */
  readonly fallback: string | null;
  readonly description: string;
}

export interface AnswerModel {
  readonly status: string;
  readonly description: string;
  /** Media type and type of the body. */
  readonly bodies: readonly { readonly type: string; readonly kind: KindModel }[];
}

export interface OperationModel {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  /** A URL that works as it is. */
  readonly address: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly ParameterModel[];
  readonly answers: readonly AnswerModel[];
}

export interface TopicModel {
  readonly name: string;
  readonly description: string;
  readonly operations: readonly OperationModel[];
}

export interface SchemaModel {
  readonly name: string;
  readonly description: string;
  /** Members of a closed set; empty for other schemas. */
  readonly members: readonly string[];
  readonly fields: readonly {
    readonly name: string;
    readonly kind: KindModel;
    readonly isOptional: boolean;
    readonly description: string;
  }[];
}

export interface ReferenceModel {
  readonly version: string;
  readonly introduction: string;
  readonly topics: readonly TopicModel[];
  readonly schemas: readonly SchemaModel[];
}

/** One parameter as a field of a form. */
export interface TryFieldModel {
  readonly name: string;
  /** In words; empty where the choices say it. */
  readonly kind: string;
  /** As it would be written in the address; null where there is none. */
  readonly fallback: string | null;
  readonly isRequired: boolean;
  /** What the field is filled with; empty for none. */
  readonly example: string;
  /** The members of a closed set of which one is sent; empty where anything may be typed. */
  readonly choices: readonly string[];
}

export interface TryOperationModel {
  readonly id: string;
  readonly path: string;
  readonly summary: string;
  readonly fields: readonly TryFieldModel[];
}

export interface TryModel {
  readonly topics: readonly {
    readonly name: string;
    readonly operations: readonly TryOperationModel[];
  }[];
}

export interface ProblemModel {
  readonly code: string;
  readonly status: number;
  readonly title: string;
  readonly meaning: string;
  readonly cure: string;
  /** A body as it is sent. */
  readonly example: string;
}

export interface TermModel {
  readonly name: string;
  readonly meaning: string;
}

export interface TermsModel {
  readonly formulas: readonly {
    readonly name: string;
    readonly formula: string;
    /** What it is a percentage or fraction of. */
    readonly of: string;
  }[];
  readonly blockingFlags: readonly TermModel[];
  readonly advisoryFlags: readonly TermModel[];
  readonly reasons: readonly TermModel[];
  /** Why a figure is null. */
  readonly nullReasons: readonly TermModel[];
  readonly decisions: readonly TermModel[];
  readonly identities: readonly TermModel[];
  readonly labels: readonly TermModel[];
  readonly statuses: readonly TermModel[];
  /** How a refresh of an exchange failed. */
  readonly failures: readonly TermModel[];
  /** Why a row of an exchange was not used. */
  readonly rejects: readonly TermModel[];
  /** What the past of an instrument is made of. */
  readonly pastKinds: readonly TermModel[];
  readonly weightings: readonly TermModel[];
  /** Where a payment of the past comes from. */
  readonly origins: readonly TermModel[];
  /** Why expected payments are not there. */
  readonly lackingStates: readonly TermModel[];
  readonly accruedUnits: readonly TermModel[];
  /** Of a backtest: why it was opened and closed, what a point is, whether there is a result. */
  readonly entries: readonly TermModel[];
  readonly exits: readonly TermModel[];
  readonly points: readonly TermModel[];
  readonly outcomes: readonly TermModel[];
  readonly thresholds: readonly {
    readonly name: string;
    readonly value: string;
    readonly why: string;
  }[];
  readonly defaults: readonly {
    readonly path: string;
    readonly parameter: string;
    readonly fallback: string;
  }[];
}
