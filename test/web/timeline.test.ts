import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../src/protocol.ts';
import { rowsOf } from '../../src/web/model/rows.ts';
import { Timeline } from '../../src/web/model/timeline.ts';

const timestamp = '2026-05-04T10:00:30.000Z';

function chat(offset: number, content: string, sender = 'Ada', at = timestamp): ChatMessage {
  return { type: 'chat', room: 'tea', id: `id ${offset}`, sender, content, timestamp: at, offset };
}

/** @returns what a timeline shows, a line each. */
function shown(timeline: Timeline): string[] {
  return timeline.entries().map((entry) => {
    switch (entry.kind) {
      case 'said':
        return `${entry.message.content}${entry.sentHere ? ' (sent)' : ''}`;
      case 'outgoing':
        return `${entry.content} (${entry.status}${entry.reason === undefined ? '' : `: ${entry.reason}`})`;
      case 'note':
        return entry.texts.join(', ');
      case 'gap':
        return `gap: ${entry.text}`;
    }
  });
}

describe('a message sent from here', () => {
  it('pending → acknowledged → in the room, in one row', () => {
    const timeline = new Timeline();
    timeline.send('a', 'hello', 'Ada', timestamp);
    expect(shown(timeline)).toEqual(['hello (pending)']);
    timeline.acknowledge('a', { epoch: 'e', offset: 1 });
    expect(shown(timeline)).toEqual(['hello (sent)']);
    timeline.add(chat(1, 'hello'), 'e', true);
    expect(shown(timeline)).toEqual(['hello (sent)']);
    expect(timeline.entries().map(({ key }) => key)).toEqual(['a']);
  });

  it('pending → in the room → acknowledged, where the message is faster than its ack', () => {
    const timeline = new Timeline();
    timeline.send('a', 'hello', 'Ada', timestamp);
    timeline.add(chat(1, 'hello'), 'e', true);
    expect(shown(timeline)).toEqual(['hello (sent)']);
    timeline.acknowledge('a', { epoch: 'e', offset: 1 });
    expect(shown(timeline)).toEqual(['hello (sent)']);
  });

  it('pending → failed → pending → in the room', () => {
    const timeline = new Timeline();
    timeline.send('a', 'hello', 'Ada', timestamp);
    timeline.fail('a', 'too long');
    expect(shown(timeline)).toEqual(['hello (failed: too long)']);
    expect(timeline.retry('a')).toBe('hello');
    expect(shown(timeline)).toEqual(['hello (pending)']);
    timeline.add(chat(1, 'hello'), 'e', true);
    expect(shown(timeline)).toEqual(['hello (sent)']);
  });

  it('is not taken for what stood at its place in an earlier life of the room', () => {
    const timeline = new Timeline();
    timeline.add(chat(1, 'before'), 'old', true);
    timeline.send('a', 'after', 'Ada', timestamp);
    timeline.acknowledge('a', { epoch: 'new', offset: 1 });
    timeline.add(chat(1, 'after'), 'new', true);
    expect(shown(timeline)).toEqual(['before', 'after (sent)']);
  });

  it('fails although another of the same words and name is in the room: both are shown', () => {
    const timeline = new Timeline();
    timeline.send('a', 'hello', 'Ada', timestamp);
    timeline.add(chat(1, 'hello'), 'e', true);
    timeline.fail('a', 'closed');
    expect(shown(timeline)).toEqual(['hello', 'hello (failed: closed)']);
  });

  it('stands where it was said once a gap hides whether it came', () => {
    const timeline = new Timeline();
    timeline.send('a', 'hello', 'Ada', timestamp);
    timeline.acknowledge('a', { epoch: 'e', offset: 1 });
    timeline.gap('missing', timestamp);
    timeline.add(chat(5, 'later', 'Grace'), 'e', false);
    expect(shown(timeline)).toEqual(['hello (sent)', 'gap: missing', 'later']);
  });
});

describe('a timeline', () => {
  it('takes each message once, and older ones on top', () => {
    const timeline = new Timeline();
    for (const offset of [4, 5, 5, 4]) timeline.add(chat(offset, `m${offset}`), 'e', false);
    expect(timeline.oldest).toEqual({ epoch: 'e', offset: 4 });
    timeline.prepend([chat(2, 'm2'), chat(3, 'm3'), chat(4, 'm4')], 'e', undefined);
    expect(shown(timeline)).toEqual(['m2', 'm3', 'm4', 'm5']);
    expect(timeline.oldest).toEqual({ epoch: 'e', offset: 2 });
  });

  it('fills a gap with what is still kept, and closes one that is filled whole', () => {
    const missed = [chat(3, 'm3'), chat(4, 'm4')];
    const part = new Timeline();
    part.add(chat(1, 'm1'), 'e', false);
    const key = part.gap('missing', timestamp);
    part.add(chat(5, 'm5'), 'e', false);
    part.fill(key, missed, { epoch: 'e', offset: 1 }, { epoch: 'e', offset: 4 });
    expect(shown(part)).toEqual(['m1', 'gap: missing', 'm3', 'm4', 'm5']);

    const whole = new Timeline();
    whole.add(chat(2, 'm2'), 'e', false);
    const wholeKey = whole.gap('missing', timestamp);
    whole.fill(wholeKey, missed, { epoch: 'e', offset: 2 }, { epoch: 'e', offset: 4 });
    expect(shown(whole)).toEqual(['m2', 'm3', 'm4']);
  });

  it('gathers comings and goings of one minute in a line', () => {
    const timeline = new Timeline();
    for (const name of ['Ada', 'Grace']) timeline.note(`${name} joined`, timestamp);
    timeline.note('Ada left', '2026-05-04T10:01:00.000Z');
    expect(shown(timeline)).toEqual(['Ada joined, Grace joined', 'Ada left']);
  });

  it('groups by sender and minute', () => {
    const timeline = new Timeline();
    timeline.add(chat(1, 'a'), 'e', false);
    timeline.add(chat(2, 'b'), 'e', false);
    timeline.add(chat(3, 'c', 'Grace'), 'e', false);
    timeline.add(chat(4, 'd', 'Grace', '2026-05-04T10:01:00.000Z'), 'e', false);
    const rows = rowsOf(timeline.entries(), undefined);
    expect(rows.map(({ continues }) => continues)).toEqual([false, true, false, false]);
    expect(rows.map(({ day }) => day !== undefined)).toEqual([true, false, false, false]);
  });
});
