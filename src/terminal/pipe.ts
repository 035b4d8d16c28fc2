/** The pipe says each line of its input in a room, and is done once the last one has its place there. */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { Room } from '../client/index.ts';

export interface PipeReport {
  readonly said: number;
  /** Why lines were not taken, in their order. */
  readonly failures: readonly string[];
}

/** So many lines may be on their way at once: the next one is read when there is room. */
const inFlight = 8;

/**
 * Says all lines that are not blank, in order.
 * @param signal gives up, with an Error as its reason; what was not acknowledged by then counts as failed
 */
export async function sayLines(room: Room, input: Readable, signal: AbortSignal): Promise<PipeReport> {
  const failures: string[] = [];
  const waiting = new Set<Promise<void>>();
  let said = 0;
  let number = 0;
  const say = async (line: string, at: number) => {
    try {
      await room.send(line, { signal });
      said += 1;
    } catch (error) {
      const { message } = signal.aborted ? (signal.reason as Error) : (error as Error);
      failures.push(`line ${at} was not sent: ${message}`);
    }
  };
  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    number += 1;
    if (signal.aborted) break;
    if (line.trim() === '') continue;
    const sending = say(line, number).finally(() => waiting.delete(sending));
    waiting.add(sending);
    if (waiting.size >= inFlight) await Promise.race(waiting);
  }
  await Promise.all(waiting);
  return { said, failures };
}
