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
 * Says all lines that are not blank, in order, until the input ends, the room is closed, or somebody gives up: an input
 * that stays open, such as `tail -f`, must not keep one then.
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
  const lines = createInterface({ input, crlfDelay: Infinity, signal });
  const stopWatching = room.on('state', ({ status }) => {
    if (status === 'closed') lines.close();
  });
  for await (const line of lines) {
    number += 1;
    if (signal.aborted) break;
    if (line.trim() === '') continue;
    const sending = say(line, number).finally(() => waiting.delete(sending));
    waiting.add(sending);
    if (waiting.size >= inFlight) await Promise.race(waiting);
  }
  stopWatching();
  await Promise.all(waiting);
  return { said, failures };
}
