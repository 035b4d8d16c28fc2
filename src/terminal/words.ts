/** The words for what happens in a room, as the terminal client prints them. */
import type { RoomState } from '../client/index.ts';
import type { ChatMessage, SystemMessage } from '../protocol.ts';
import { harmless, indented, styleOfName, timeOfDay, type Paint } from './text.ts';

const timeWidth = '00:00 '.length;

export function chatLine({ timestamp, sender, content }: ChatMessage, paint: Paint): string {
  const name = harmless(sender);
  const text = indented(harmless(content), timeWidth + name.length + 2);
  return `${paint('dim', timeOfDay(timestamp))} ${paint(['bold', styleOfName(name)], name)}  ${text}`;
}

export function presenceLine({ timestamp, content, members, event }: SystemMessage, paint: Paint): string {
  const count = event === 'draining' ? '' : ` · ${members} here`;
  return paint('dim', `${timeOfDay(timestamp)} ${harmless(content)}${count}`);
}

/** How a room's state is told when it changes; undefined where there is nothing to tell. */
export function stateLine(state: RoomState, before: RoomState['status'], now: number): string | undefined {
  const { status, transport, retryAt, close, members } = state;
  switch (status) {
    case 'connecting':
      return undefined;
    case 'open':
      return before === 'open' ? undefined : `connected by ${transport} as ${state.name} · ${members} here`;
    case 'backingOff': {
      const seconds = Math.max(1, Math.round(((retryAt ?? now) - now) / 1_000));
      return `not connected${whyOf(close)}: trying again in ${seconds} s`;
    }
    case 'closed':
      return `closed${whyOf(close)}`;
    default:
      return status satisfies never;
  }
}

function whyOf(close: RoomState['close']): string {
  return close === undefined ? '' : ` (${close.code} ${harmless(close.reason)})`.replace(' )', ')');
}
