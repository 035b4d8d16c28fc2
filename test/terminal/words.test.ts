import { describe, expect, test } from 'vitest';
import { commands, completions, helpLines, parseCommand } from '../../src/terminal/commands.ts';
import { harmless, indented, paintFor, styleOfName, timeOfDay } from '../../src/terminal/text.ts';
import { chatLine, presenceLine, stateLine } from '../../src/terminal/words.ts';

const plain = paintFor({ isTTY: false });
const timestamp = '2026-01-01T00:00:00.000Z';

describe('a line that is typed', () => {
  test.each([
    ['hello', { kind: 'say', content: 'hello' }],
    ['  hello ', { kind: 'say', content: '  hello ' }],
    ['//rooms are listed by /rooms', { kind: 'say', content: '/rooms are listed by /rooms' }],
    ['', { kind: 'nothing' }],
    ['   ', { kind: 'nothing' }],
    ['/rooms', { kind: 'rooms' }],
    ['/who ', { kind: 'who' }],
    ['/join tea', { kind: 'join', room: 'tea' }],
    ['/join', { kind: 'wrong', reason: '/join ROOM: which one?' }],
    ['/name Ada  Lovelace', { kind: 'name', name: 'Ada Lovelace' }],
    ['/name', { kind: 'wrong', reason: '/name NAME: which one?' }],
    ['/retry', { kind: 'retry' }],
    ['/quit', { kind: 'quit' }],
    ['/dance', { kind: 'wrong', reason: '/dance: no such command; /help lists them' }],
    ['/constructor', { kind: 'wrong', reason: '/constructor: no such command; /help lists them' }],
    ['/', { kind: 'wrong', reason: '/: no such command; /help lists them' }],
  ])('%j is %j', (line, command) => {
    expect(parseCommand(line)).toEqual(command);
  });

  test('is completed where it begins like a command', () => {
    expect(completions('/r')).toEqual(['/rooms ', '/retry ']);
    expect(completions('r')).toEqual([]);
  });

  test('every command is in the help', () => {
    const help = helpLines().join('\n');
    for (const { usage, meaning } of Object.values(commands)) {
      expect(help).toContain(usage);
      expect(help).toContain(meaning);
    }
  });
});

describe('what others send', () => {
  test.each([
    ['an escape sequence', '\u001b[2J\u001b]0;title\u0007', '\uFFFD[2J\uFFFD]0;title\uFFFD'],
    ['a carriage return', 'mine\rmallory: hello', 'mine\uFFFDmallory: hello'],
    ['a control sequence of one octet', '\u009b31mred', '\uFFFD31mred'],
    ['a text that runs backwards', '\u202eolleh', '\uFFFDolleh'],
    ['lines and tabs', 'one\r\n\ttwo\n', 'one\n\ttwo\n'],
    ['letters of all kinds', 'é 寿司 🫖 👩‍💻', 'é 寿司 🫖 👩‍💻'],
  ])('with %s is shown, and not obeyed', (_, text, shown) => {
    expect(harmless(text)).toBe(shown);
  });

  test('stands under its own words where it has several lines', () => {
    expect(indented('one\ntwo', 3)).toBe('one\n   two');
    const said = {
      type: 'chat',
      room: 'tea',
      sender: 'ann',
      content: 'one\ntwo',
      timestamp,
      id: 'id',
      offset: 1,
    } as const;
    const time = timeOfDay(timestamp);
    expect(chatLine(said, plain)).toBe(`${time} ann  one\n${' '.repeat(time.length + 6)}two`);
  });

  test('cannot pass for somebody else by its name', () => {
    const said = {
      type: 'chat',
      room: 'tea',
      sender: 'a\u001b[1mn',
      content: 'x',
      timestamp,
      id: 'id',
      offset: 1,
    } as const;
    expect(chatLine(said, plain)).not.toContain('\u001b');
  });
});

describe('colours', () => {
  test('are for terminals that have them', () => {
    const terminal = paintFor({ isTTY: true, hasColors: () => true });
    expect(terminal('red', 'x')).toBe('\u001b[31mx\u001b[39m');
    expect(paintFor({ isTTY: true, hasColors: () => false })('red', 'x')).toBe('x');
    expect(plain('red', 'x')).toBe('x');
  });

  test('stay with a name', () => {
    expect(styleOfName('ann')).toBe(styleOfName('ann'));
    const styles = ['ann', 'bob', 'cid', 'dot', 'eve', 'fay', 'gus', 'hal'].map(styleOfName);
    expect(new Set(styles).size).toBeGreaterThan(2);
  });
});

describe('what happens', () => {
  test('is told with how many are here', () => {
    const about = { type: 'system', room: 'tea', sender: 'ann', timestamp, members: 2 } as const;
    const time = timeOfDay(timestamp);
    expect(presenceLine({ ...about, content: 'ann joined', event: 'joined' }, plain)).toBe(
      `${time} ann joined · 2 here`,
    );
    expect(presenceLine({ ...about, content: 'restarting', event: 'draining' }, plain)).toBe(
      `${time} restarting`,
    );
  });

  test.each([
    [{ status: 'open', transport: 'sse', name: 'ann' }, 'connecting', 'connected by sse as ann · 2 here'],
    [{ status: 'open', transport: 'sse', name: 'ann' }, 'open', undefined],
    [{ status: 'connecting' }, 'open', undefined],
    [
      { status: 'backingOff', retryAt: 4_000, close: { code: 1012, reason: 'restarting' } },
      'open',
      'not connected (1012 restarting): trying again in 3 s',
    ],
    [{ status: 'backingOff', retryAt: 900 }, 'open', 'not connected: trying again in 1 s'],
    [{ status: 'closed', close: { code: 4503, reason: '' } }, 'open', 'closed (4503)'],
    [{ status: 'closed' }, 'open', 'closed'],
  ] as const)('%j after %s is told as %j', (state, before, words) => {
    expect(stateLine({ attempt: 0, members: 2, ...state }, before, 1_000)).toBe(words);
  });
});
