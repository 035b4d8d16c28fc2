import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/config.ts';
import { Statistics } from '../../src/load/statistics.ts';
import { judge, parseThreshold } from '../../src/load/threshold.ts';

/** Latencies of 1 to 100 ms, one lost message, and 199 of 200 checks passed. */
function measured(): Statistics {
  const statistics = new Statistics();
  for (let ms = 1; ms <= 100; ms += 1) statistics.cameBack(ms);
  statistics.sent = 103;
  statistics.abandoned = 2;
  statistics.lost = 1;
  statistics.typeCheck.passes = 199;
  statistics.typeCheck.fails = 1;
  statistics.errors.add('rate_limited');
  return statistics;
}

describe('a threshold holds or fails', () => {
  test.each([
    ['p95<96', true],
    ['p95<94', false],
    ['p(95) < 96', true],
    ['p99.9<=100', true],
    ['p50>49', true],
    ['p95<96ms', true],
    ['p99<0.2s', true],
    ['avg<50', false],
    ['avg<=50.5', true],
    ['min>=1', true],
    ['med<60', true],
    ['max<100', false],
    ['max==100', true],
    ['lost==0', false],
    ['lost<=1', true],
    ['duplicated==0', true],
    ['unanswered==3', true],
    ['errors>0', true],
    ['checks==100', false],
    ['checks>=99.5%', true],
    ['sent>100', true],
    ['received>0', false],
    ['sessions==0', true],
  ])('%s: %s', (text, passed) => {
    expect(judge(parseThreshold(text), measured()).passed).toBe(passed);
  });

  test.each(['p95<200', 'max<200', 'avg<200', 'min>0', 'checks==100'])(
    '%s fails where nothing was measured',
    (text) => {
      expect(judge(parseThreshold(text), new Statistics())).toMatchObject({
        value: undefined,
        passed: false,
      });
    },
  );
});

describe('a threshold that is none is one line that says why', () => {
  test.each([
    ['', 'must be a figure, one of < <= > >= ==, and a number, such as p95<200'],
    ['p95', 'must be a figure'],
    ['p95<', 'must be a figure'],
    ['p95<fast', 'must be a figure'],
    ['p95<-1', 'must be a figure'],
    ['p95=200', 'must be a figure'],
    ['p95!=200', 'must be a figure'],
    ['p95<200 && max<300', 'must be a figure'],
    ['p101<200', '"p101" is none of p95 (or any percentile), avg, min, med, max, checks, lost'],
    ['latency<200', '"latency" is none of'],
    ['constructor<200', '"constructor" is none of'],
    ['lost==0ms', 'lost is not measured in ms'],
    ['checks==100s', 'checks is not measured in s'],
    ['p95<5%', 'p95 is not measured in %'],
  ])('%j', (text, reason) => {
    expect(() => parseThreshold(text)).toThrow(ConfigError);
    expect(() => parseThreshold(text)).toThrow(`--threshold ${text}: ${reason}`);
  });
});
