import { describe, expect, test } from 'vitest';
import { Progress } from '../../src/load/progress.ts';
import { Statistics } from '../../src/load/statistics.ts';
import { summaryLines } from '../../src/load/summary.ts';
import type { Point } from '../../src/load/timeline.ts';
import { exampleReport } from './example-report.ts';

describe('the summary', () => {
  test("has k6's layout and words", () => {
    expect(summaryLines(exampleReport())).toEqual([
      '',
      '  █ THRESHOLDS',
      '',
      "    ✓ 'p95<200' p95=11.23ms",
      "    ✗ 'lost==0' lost=3",
      '',
      '  █ TOTAL RESULTS',
      '',
      '    checks_total........................: 6021',
      '    checks_succeeded....................: 99.98% 6020 out of 6021',
      '    checks_failed.......................: 0.02% 1 out of 6021',
      '',
      '    ✗ status is 101',
      '      ↳  95.24% — ✓ 20 / ✗ 1',
      '    ✓ has type field',
      '',
      '    CHAT',
      '    chat_latency........................: avg=6.85ms   min=2ms      med=6.74ms   max=11.75ms  p(90)=10.72ms  p(95)=11.23ms',
      '    chat_send_delay.....................: avg=200µs    min=200µs    med=200µs    max=200µs    p(90)=200µs    p(95)=200µs',
      '    chat_lost...........................: 3       0.10/s',
      '    chat_duplicated.....................: 0       0.00/s',
      '    chat_unanswered.....................: 0       0.00/s',
      '    chat_held_back......................: 0       0.00/s',
      '    chat_errors.........................: 5       0.17/s',
      '',
      '    ERRORS',
      '    rate_limited........................: 4',
      '    HTTP 503............................: 1',
      '',
      '    CLOSES',
      '    1000 normal.........................: 19',
      '    4001 slow consumer..................: 1',
      '',
      '    EXECUTION',
      '    vus_max.............................: 20',
      '',
      '    WEBSOCKET',
      '    ws_connecting.......................: avg=12.5ms   min=3ms      med=12ms     max=22ms     p(90)=20.03ms  p(95)=21.06ms',
      '    ws_msgs_received....................: 6000    200.00/s',
      '    ws_msgs_sent........................: 600     20.00/s',
      '    ws_session_duration.................: avg=30s      min=30s      med=30s      max=30s      p(90)=30s      p(95)=30s',
      '    ws_sessions.........................: 20      0.67/s',
      '',
    ]);
  });

  test('says when it was interrupted, and when the tester itself was too busy', () => {
    const statistics = new Statistics();
    statistics.sendDelay.add(250);
    const output = { problem: undefined, isInterrupted: true, elapsedMs: 1_500 };
    expect(summaryLines(exampleReport({ statistics, output })).slice(-2)).toEqual([
      '  interrupted after 1.5s',
      '  this tester itself was short of CPU: it sent messages up to 250ms late (p95), and such delays are in the latency',
    ]);
  });
});

describe('the progress', () => {
  const { scenario } = exampleReport();

  /** @returns what a terminal gets of seven seconds. */
  function written(terminal: { isTTY?: boolean; columns?: number }): string[] {
    const texts: string[] = [];
    const progress = new Progress({ ...terminal, write: (text) => texts.push(text) }, scenario);
    progress.begin();
    for (let second = 0; second < 7; second += 1) {
      const point: Point = {
        fromMs: second * 1_000,
        lengthMs: 1_000,
        sessions: 1_000,
        sent: 998,
        received: 99_800,
        errors: second,
        p95Ms: second === 0 ? undefined : 12.3,
      };
      progress.show(point);
    }
    progress.end();
    return texts;
  }

  test('on a terminal it is one line that changes, and then goes', () => {
    const [first, ...lines] = written({ isTTY: true, columns: 200 });
    expect(first).toBe(
      'ws://chat.example: 20 virtual users in 2 rooms, each 1 message of 64 bytes a second, for 30s (ramp 5s)\n',
    );
    expect(lines).toHaveLength(8);
    expect(lines[0]).toBe(
      '\r\u001B[K00:01 / 00:30   1,000 sessions   998 msgs/s sent   99,800 msgs/s received   p95 –',
    );
    expect(lines[6]).toContain('p95 12.3ms   6 errors');
    expect(lines[7]).toBe('\r\u001B[K');
  });

  test('it never wraps on a narrow one', () => {
    const [, line = ''] = written({ isTTY: true, columns: 40 });
    expect(line.replace('\r\u001B[K', '')).toHaveLength(39);
  });

  test('elsewhere it is a line every five seconds', () => {
    const [, ...lines] = written({});
    expect(lines).toEqual([
      '00:05 / 00:30   1,000 sessions   998 msgs/s sent   99,800 msgs/s received   p95 12.3ms   4 errors\n',
    ]);
  });
});
