/**
 * The load command: a load test from its flags to its exit code, which is 0, 1 where nobody could join, 2 for a
 * mistake in what was asked, and 99 where a threshold failed.
 */
import { writeFileSync } from 'node:fs';
import { CannotJoinError, runLoadTest } from './load/load.ts';
import { pageOf } from './load/page.ts';
import { readOptions, type LoadFlags, type LoadOptions } from './load/options.ts';
import { Progress } from './load/progress.ts';
import type { LoadReport } from './load/report.ts';
import { summaryLines } from './load/summary.ts';
import { failedExitCode } from './load/threshold.ts';
import { onStopSignal } from './stop-signal.ts';

const cannotJoinExitCode = 1;

/**
 * Runs a load test and sets the process's exit code. The first SIGINT or SIGTERM ends the test with its summary, the
 * second one the process.
 * @throws ConfigError when a flag cannot be.
 */
export async function runLoad(url: string, flags: LoadFlags): Promise<void> {
  const options = readOptions(url, flags);
  const progress = new Progress(process.stderr, options.scenario);
  const interruption = new AbortController();
  const forget = onStopSignal(() => interruption.abort());
  try {
    progress.begin();
    const report = await runLoadTest({
      scenario: options.scenario,
      thresholds: options.thresholds,
      signal: interruption.signal,
      onSample: (point) => progress.show(point),
    });
    progress.end();
    deliver(report, options);
  } catch (error) {
    if (!(error instanceof CannotJoinError)) throw error;
    process.stderr.write(`hubbub: ${error.message}\n`);
    process.exitCode = cannotJoinExitCode;
  } finally {
    forget();
  }
}

function deliver(report: LoadReport, { json, html }: LoadOptions): void {
  const text = json ? JSON.stringify(report) : summaryLines(report).join('\n');
  process.stdout.write(`${text}\n`);
  if (html !== undefined) writeFileSync(html, pageOf(report));
  if (report.thresholds.some(({ passed }) => !passed)) process.exitCode = failedExitCode;
}
