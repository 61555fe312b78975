/** Infers a backend's arithmetic from its errors, operation by operation: one sentence from all cases. */
import type { BackendRecord, ObservedPrecision, RunReport } from '../suites/runReport.ts';
import { count, plural } from './numbers.ts';

/** Significant bits by the name under which a backend declares them. */
const declaredBits: Readonly<Record<string, number>> = { float64: 53, float32: 24, wgsl: 24, tf32: 11, float16: 11, bf16: 8 };

/** Published tables of accuracy by the name under which they are declared. */
const profiles: Readonly<Record<string, string>> = {
  wgsl: 'float32 with the published accuracy of WGSL (exp, log, tanh, quotients; subnormal numbers may be flushed to zero)',
};

/** Fast algorithms by the name under which they are declared. */
const algorithmNames: Readonly<Record<NonNullable<BackendRecord['algorithms']>[number], string>> = {
  winograd2x2: 'Winograd’s F(2×2, 3×3)',
  winograd4x4: 'Winograd’s F(4×4, 3×3)',
};

/** Lists what a backend declares beside its precision, and is therefore allowed. */
export function allowances({ algorithms = [], subnormals }: BackendRecord): string[] {
  return [
    ...algorithms.map((algorithm) => `${algorithmNames[algorithm]} where it applies`),
    ...(subnormals ? ['subnormal numbers flushed to zero'] : []),
  ];
}

/** "float32, allowed as declared: subnormal numbers flushed to zero" */
export function judgedAs(backend: BackendRecord): string | undefined {
  const format = profiles[backend.precision ?? ''] ?? backend.precision ?? backend.dtype;
  const allowed = allowances(backend);
  return allowed.length > 0 ? `${format}, allowed as declared: ${allowed.join(', ')}` : format;
}

/**
 * "14 results flushed to zero, as declared": what was seen of a declaration; undefined where nothing is declared. Below the normal range an
 * undeclared 0 is a wrong answer, and its diagnosis says so.
 */
export function flushedText(report: RunReport, { name, precision, subnormals }: BackendRecord): string | undefined {
  if (subnormals === undefined && precision !== 'wgsl') return undefined;
  let results = 0;
  for (const { backend, status, alternative, outputs } of report.outcomes) {
    if (backend !== name || status !== 'passed') continue;
    results += outputs.reduce((sum, { flushed = 0 }) => sum + flushed, 0);
    if (alternative?.includes('taken for zero')) results++;
  }
  return results === 0
    ? 'none was flushed to zero, though it is declared'
    : `${plural(results, 'result')} flushed to zero, as declared`;
}

export interface PrecisionSentence {
  readonly backend: string;
  /** "declared float32, observed 10.9 bits: consistent with TF32 inputs" */
  readonly text: string;
  readonly observed: 'as declared' | 'less than declared' | 'more than declared';
}

/** One sentence for each backend whose errors were read; of one operation, or of all. */
export function precisionSentences(report: RunReport, operation?: string): PrecisionSentence[] {
  return report.backends.flatMap((backend) => {
    const observed = report.outcomes.flatMap((outcome) =>
      outcome.backend === backend.name && (operation === undefined || outcome.operation === operation)
        ? outcome.outputs.flatMap(({ precision }) =>
            // A wrong answer that no format explains says nothing of precision.
            precision && (outcome.status === 'passed' || precision.consistentWith.length > 0) ? [precision] : [],
          )
        : [],
    );
    return observed.length > 0 ? [sentence(backend, observed)] : [];
  });
}

function sentence(backend: BackendRecord, observed: readonly ObservedPrecision[]): PrecisionSentence {
  const declared = backend.precision ?? backend.dtype ?? 'float32';
  const bits = declaredBits[declared];
  const lower = observed.filter((one) => bitsOf(one) < bits - 1);
  // One case that was computed with less says more than many that could not show it.
  const telling = lower.length > 0 ? lower : observed;
  const median = telling.map((one) => one.bits).toSorted((a, b) => a - b)[telling.length >> 1];
  const share = telling.length < observed.length ? ` (${telling.length} of ${observed.length} outputs)` : '';
  return {
    backend: backend.name,
    text: `declared ${declared}, observed ${median.toFixed(1)} bits: consistent with ${explanation(telling)}${share}`,
    observed:
      lower.length > 0
        ? 'less than declared'
        : observed.every((one) => bitsOf(one) > bits + 1)
          ? 'more than declared'
          : 'as declared',
  };
}

export interface StrictSummary {
  /** "23 of 25 right answers pass strict float32 too" */
  readonly text: string;
  /** Every one does: the backend declares less than it delivers. */
  readonly delivers: boolean;
}

/** Says how the answers of a backend that declares less fare under strict float32; undefined where it declares float32 or float64. */
export function strictSummary(report: RunReport, backend: string): StrictSummary | undefined {
  const judged = report.outcomes.filter(
    (outcome) => outcome.backend === backend && outcome.status === 'passed' && outcome.strict !== undefined,
  );
  if (judged.length === 0) return undefined;
  const passed = judged.filter(({ strict }) => strict!.passed).length;
  const delivers = passed === judged.length;
  const less = delivers ? ': it declares less than it delivers' : '';
  return { text: `${count(passed)} of ${plural(judged.length, 'right answer')} pass strict float32 too${less}`, delivers };
}

/** Bits of the format that explains the errors; the reading where none does. */
function bitsOf({ bits, consistentWith: [first] }: ObservedPrecision): number {
  if (first === undefined) return bits;
  if (first.startsWith('float64')) return first === 'float64' ? 53 : 24;
  if (first === 'float32') return 24;
  return first.includes('bf16') ? 8 : 11;
}

/** Returns what all of them have in common; where nothing is, all that was said. */
function explanation(observed: readonly ObservedPrecision[]): string {
  const said = observed.map(({ consistentWith }) => consistentWith).filter((names) => names.length > 0);
  if (said.length === 0) return 'no known format';
  const all = [...new Set(said.flat())];
  const common = all.filter((name) => said.every((names) => names.includes(name)));
  return (common.length > 0 ? common : all).join(' or ');
}
