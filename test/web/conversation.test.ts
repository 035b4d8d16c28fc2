/** What the page knows of a room beyond its timeline: what lies above it. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Position, Room, RoomEvents, RoomState } from '../../src/client/index.ts';
import type { ChatMessage } from '../../src/protocol.ts';
import { Conversation } from '../../src/web/model/conversation.ts';

const timestamp = '2026-05-04T10:00:30.000Z';

function chat(offset: number, content = `message ${offset}`): ChatMessage {
  return { type: 'chat', room: 'tea', id: `id ${offset}`, sender: 'Ada', content, timestamp, offset };
}

/** A room that says what its test wants said. */
function scripted(conversation: Conversation) {
  const listeners = new Map<string, (value: never) => void>();
  const room = {
    state: { status: 'open', attempt: 0, members: 1 } as RoomState,
    on: (event: string, listener: (value: never) => void) => {
      listeners.set(event, listener);
      return () => listeners.delete(event);
    },
  };
  const emit = <E extends keyof RoomEvents>(event: E, value: RoomEvents[E]) =>
    listeners.get(event)?.(value as never);
  return {
    opens(position: Position): void {
      room.state = { ...room.state, position };
      conversation.attach(room as unknown as Room);
    },
    says(message: ChatMessage, epoch: string): void {
      room.state = { ...room.state, position: { epoch, offset: message.offset } };
      emit('message', message);
    },
    startsAnew(to: Position): void {
      const { position: from = to } = room.state;
      room.state = { ...room.state, position: to };
      emit('gap', { from, to });
      emit('state', room.state);
    },
  };
}

/** The server keeps these messages of the room, and answers with the last 50 before the one asked for. */
function serverKeeps(epoch: string, messages: readonly ChatMessage[]): void {
  vi.stubGlobal('location', { href: 'http://127.0.0.1/' });
  vi.stubGlobal('fetch', async (url: URL) => {
    const before = Number(url.searchParams.get('before'));
    const page = messages.filter(({ offset }) => offset < before).slice(-50);
    return Response.json({ epoch, first: messages[0]?.offset, messages: page });
  });
}

async function olderIs(conversation: Conversation, older: string): Promise<void> {
  await vi.waitFor(() => expect(conversation.view.value.older).toBe(older));
}

const messages = (count: number) => Array.from({ length: count }, (_, i) => chat(i + 1));

/** @returns what is shown, above and below a gap too. */
function shown({ view }: Conversation): string[] {
  return view.value.entries.map((entry) => (entry.kind === 'said' ? entry.message.content : entry.kind));
}

describe('what lies above the oldest message', () => {
  afterEach(() => void vi.unstubAllGlobals());

  it('comes page by page, until the room begins', async () => {
    serverKeeps('e', messages(70));
    const conversation = new Conversation('tea', 'Ada');
    scripted(conversation).opens({ epoch: 'e', offset: 70 });
    await olderIs(conversation, 'more');
    await conversation.loadOlder();
    expect(conversation.view.value.older).toBe('none');
    expect(shown(conversation)).toEqual(messages(70).map(({ content }) => content));
    conversation.leave();
  });

  it('is gone where the room has started anew since: what is new stays below', async () => {
    serverKeeps('e', messages(70));
    const conversation = new Conversation('tea', 'Ada');
    const room = scripted(conversation);
    room.opens({ epoch: 'e', offset: 70 });
    await olderIs(conversation, 'more');
    serverKeeps('f', [chat(1, 'anew')]);
    room.startsAnew({ epoch: 'f', offset: 0 });
    room.says(chat(1, 'anew'), 'f');
    await conversation.loadOlder();
    expect(conversation.view.value.older).toBe('gone');
    expect(shown(conversation).slice(-3)).toEqual(['message 70', 'gap', 'anew']);
    expect(shown(conversation)[0]).toBe('message 21');
    conversation.leave();
  });

  it('is more again once so much was said that the oldest had to go', async () => {
    serverKeeps('e', messages(1));
    const conversation = new Conversation('tea', 'Ada');
    const room = scripted(conversation);
    room.opens({ epoch: 'e', offset: 1 });
    await olderIs(conversation, 'none');
    for (const message of messages(10_600).slice(1)) room.says(message, 'e');
    await olderIs(conversation, 'more');
    expect(shown(conversation)[0]).not.toBe('message 1');
    conversation.leave();
  });
});
