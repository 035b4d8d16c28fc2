/** Numbers and names in words, short enough for a table. */
import { innermostStates } from '../../../state-value.ts';
import type { Actor } from '../../../inspector/messages.ts';

/** Why a command cannot be given now. */
export const notInThePast = 'You are looking at the past: go back to live for this.';

/** `8 s`, `3 min`, `2 h`, `5 d`. */
export function ageWords(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** `+12 ms`, `+1.5 s`, `+3 min`: how long after what was before. */
export function laterWords(ms: number): string {
  if (ms < 1_000) return `+${Math.round(ms)} ms`;
  return ms < 60_000 ? `+${shortened(ms / 1_000)} s` : `+${ageWords(ms)}`;
}

/** `−12.3 s`, `−3 min 25 s`. */
export function agoWords(ms: number): string {
  if (ms < 60_000) return `−${(Math.max(0, ms) / 1_000).toFixed(1)} s`;
  const seconds = Math.floor(ms / 1_000);
  return `−${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `512 B`, `1.5 kB`, `20 MB`. */
export function byteWords(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${shortened(bytes / 1_000)} kB`;
  return `${shortened(bytes / 1_000_000)} MB`;
}

/** `950`, `12.3k`, `4.5M`. */
export function countWords(count: number): string {
  if (count < 10_000) return String(Math.round(count));
  if (count < 1_000_000) return `${shortened(count / 1_000)}k`;
  return `${shortened(count / 1_000_000)}M`;
}

/** `0.5`, `12`, `1.2k`. */
export function rateWords(rate: number): string {
  return rate < 10 ? shortened(rate) : countWords(rate);
}

function shortened(value: number): string {
  return value < 10 ? String(Math.round(value * 10) / 10) : String(Math.round(value));
}

export function nameOf({ connection, name }: Actor): string {
  return connection?.name ?? name;
}

/** `alive · flowing · clear`; nothing of what is no machine. */
export function stateWords({ value }: Actor): string {
  return value === undefined ? '' : innermostStates(value).join(' · ');
}

/** What XState calls `xstate.after.pongWait.room.open` is `after pongWait`. */
export function eventWords(type: string): string {
  const [, kind, name] = /^xstate\.(after|done|error)\.(?:actor\.)?([^.]+)/.exec(type) ?? [];
  return kind === undefined ? type : `${kind} ${name}`;
}

/** `14:03:07.123`. */
export function clockWords(at: number): string {
  const date = new Date(at);
  const seconds = `${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
  return `${two(date.getHours())}:${two(date.getMinutes())}:${seconds}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
