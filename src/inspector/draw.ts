/** To draw is to have a chart laid out in a thread of its own. What takes too long or too much for that is given up. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Clock } from '../clock.ts';
import type { Definition } from './messages.ts';
import { packageFile } from '../package-files.ts';

/** The thread as it is built. */
const worker = packageFile('dist/inspector/draw-worker.js');

/** Charts that were drawn, by their text, the oldest first: a layout takes a second or two, and machines stay what they are. */
const drawn = new Map<string, string>();
const mostDrawn = 64;

/** What a layout may take. 400 states take about a fourth of either. */
export interface DrawLimits {
  readonly ms: number;
  readonly heapMiB: number;
}

const drawLimits: DrawLimits = { ms: 60_000, heapMiB: 512 };

export interface DrawOptions {
  readonly clock: Clock;
  /** Ends it at once. */
  readonly signal: AbortSignal;
  readonly limits?: DrawLimits;
}

/** A chart, or why there is none. */
export type Drawing = Required<Pick<Definition, 'svg'>> | Required<Pick<Definition, 'undrawn'>>;

/** @returns undefined where the signal has ended it. */
export async function draw(mermaid: string, options: DrawOptions): Promise<Drawing | undefined> {
  const known = drawn.get(mermaid);
  if (known !== undefined) return { svg: known };
  const drawing = await layOut(mermaid, options);
  if (options.signal.aborted) return undefined;
  if ('svg' in drawing) keep(mermaid, drawing.svg);
  return drawing;
}

function keep(mermaid: string, svg: string): void {
  drawn.set(mermaid, svg);
  const [oldest] = drawn.keys();
  if (drawn.size > mostDrawn && oldest !== undefined) drawn.delete(oldest);
}

async function layOut(mermaid: string, options: DrawOptions): Promise<Drawing> {
  const { clock, signal, limits = drawLimits } = options;
  const late = new AbortController();
  const timer = clock.setTimeout(() => late.abort(), limits.ms);
  const resourceLimits = { maxOldGenerationSizeMb: limits.heapMiB };
  const thread = new Worker(worker, { workerData: mermaid, resourceLimits });
  try {
    const [svg] = (await once(thread, 'message', { signal: AbortSignal.any([signal, late.signal]) })) as [
      string,
    ];
    return { svg };
  } catch (error) {
    return { undrawn: late.signal.aborted ? tooSlow(limits) : faultWords(error, limits) };
  } finally {
    clock.clearTimeout(timer);
    await thread.terminate();
  }
}

function tooSlow({ ms }: DrawLimits): string {
  return `its layout takes longer than ${ms / 1_000} s`;
}

/** Not every machine can be laid out. */
function faultWords(error: unknown, { heapMiB }: DrawLimits): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return `its layout takes more than ${heapMiB} MiB of memory`;
  return `its layout fails: ${message}`;
}
