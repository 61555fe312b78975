/** What one part of `etalon selftest` takes and gives; the parts themselves are listed in index.ts. */
export interface SelfTestOptions {
  readonly seed: number;
  /** Fresh draws of everything that is repeated: injected precisions, honest variants. */
  readonly draws: number;
  /** Of what attacks: only what has this text in its kind or name. */
  readonly attacks?: string;
  /** `label` is what is being done, `done` of `total` are finished. */
  readonly progress: (label: string, done: number, total: number) => void;
}

export interface SelfTestTable {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Sentences below the table. */
  readonly notes?: readonly string[];
}

export interface SelfTestResult {
  /** Totals, merged into the JSON object, one entry a key. */
  readonly record: Readonly<Record<string, unknown>>;
  /** The outcome in one sentence. */
  readonly summary: string;
  /** What the totals are made of, merged under `details`. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** What the part counts for each operation, by the operation's name; the parts' counts stand together under `operations`. */
  readonly operations?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** One line for each thing that is not as it must be; any makes the exit code 1. */
  readonly problems: readonly string[];
  /** The same for a person. */
  readonly tables: readonly SelfTestTable[];
}

export interface SelfTestPart {
  /** What `--only` selects; kebab-case. */
  readonly name: string;
  readonly title: string;
  /** Seconds of one core, roughly: where parts run side by side, the longest is started first. */
  readonly seconds: number;
  readonly run: (options: SelfTestOptions) => SelfTestResult | Promise<SelfTestResult>;
}
