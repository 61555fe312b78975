/** What every run has: a folder and a journal, signals that end it, a report at the end, and an exit code. */
import { reporters } from '../reports/index.ts';
import type { RunListener } from '../suites/running/run.ts';
import type { RunReport } from '../suites/runReport.ts';
import type { StartedBackends } from './backends.ts';
import { exitCodes, UsageError } from './errors.ts';
import { tellGitHub } from './github.ts';
import { type Journal, startJournal } from './journal.ts';
import { openOutputFolder } from './outputFolder.ts';
import { createProgress } from './progress.ts';
import { listenForSignals } from './signals.ts';
import { closingSummary, isRed } from './summary.ts';
import { type ReportSelection, writeReports } from './writeReports.ts';

export interface Session {
  readonly journal: Journal;
  readonly listener: RunListener;
  readonly signal: AbortSignal;
}

export interface SessionOptions {
  /** Folder of the report; none is written where it is absent. */
  readonly output?: string;
  readonly json: boolean;
  /** Reports to write instead of the usual ones. */
  readonly reports?: ReportSelection;
  /** Starts the backends; they are recorded, and ended with the session. */
  readonly start: (signal: AbortSignal) => Promise<StartedBackends>;
}

/**
 * Runs `work` within a session, writes what was measured and sets the exit code.
 *
 * @throws UsageError when the folder cannot be used, and whatever `work` throws; the journal is kept then.
 */
export async function runSession(
  header: RunReport,
  { output, json, reports, start }: SessionOptions,
  work: (session: Session, starting: Promise<StartedBackends>) => Promise<void>,
): Promise<void> {
  const files = Object.values(reporters).map(({ file }) => file);
  const folder = output === undefined ? undefined : openOutputFolder(output, files);
  if (folder?.moved)
    say(`${folder.moved} is what a run that was killed had measured; etalon report ${folder.moved} makes a report of it`);
  const interruption = listenForSignals();
  let broken: string | undefined;
  const journal = startJournal(header, output, (reason) => {
    broken = reason;
    interruption.stop('the journal cannot be written');
  });
  const progress = createProgress(process.stderr);
  try {
    const { signal } = interruption;
    const starting = start(signal);
    try {
      await work({ journal, listener: { ...journal, progress: progress.update }, signal }, starting);
    } finally {
      progress.clear();
      const started = await starting.catch(() => undefined);
      for (const { name, supervisor } of started?.running ?? []) {
        const reason = supervisor.stopped();
        if (reason !== undefined && !signal.aborted) journal.stopped(name, reason);
      }
      await started?.close();
    }
    const report = journal.finish(signal.aborted ? String(signal.reason) : undefined);
    if (broken !== undefined) throw new Error(broken);
    const paths = output === undefined ? undefined : await writeReports(report, output, reports);
    journal.discard();
    conclude(report, { json, reportPath: paths?.find((path) => path.endsWith('index.html')) ?? paths?.[0] });
  } catch (error) {
    // Nothing was measured yet.
    if (error instanceof UsageError) journal.discard();
    else if (journal.path)
      say(
        `${journal.path} holds what was measured until then; etalon report ${journal.path} --output FOLDER makes a report of it`,
      );
    throw error;
  } finally {
    interruption.end();
    folder?.release();
  }
}

function say(line: string): void {
  process.stderr.write(`etalon: ${line}\n`);
}

/**
 * Tells whether a stream gets colours: a terminal that has them, unless NO_COLOR is set. FORCE_COLOR asks for them elsewhere, for a log that
 * renders them. A pipe, a file or a log of CI gets plain text otherwise: what reads it looks for words.
 */
function showsColor(stream: NodeJS.WriteStream): boolean {
  const forced = process.env.FORCE_COLOR;
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  return stream.isTTY === true && stream.hasColors();
}

/** Prints what a run came to and sets the exit code. */
export function conclude(report: RunReport, { json, reportPath }: { json: boolean; reportPath?: string }): void {
  if (json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else process.stdout.write(closingSummary(report, { reportPath, color: showsColor(process.stdout) }));
  // Where standard output is the report itself, GitHub reads the other one as well.
  tellGitHub(report, (text) => (json ? process.stderr : process.stdout).write(text));
  if (report.stopped) process.exitCode = exitCodes.interrupted;
  else process.exitCode = isRed(report) ? exitCodes.failureFound : exitCodes.asExpected;
}
