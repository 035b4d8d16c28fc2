/** The report of a load test that has everything in it: latencies, errors, closes, thresholds that hold and fail. */
import { makeReport, type LoadReport, type ReportInput } from '../../src/load/report.ts';
import { Statistics } from '../../src/load/statistics.ts';
import { parseThreshold } from '../../src/load/threshold.ts';

const scenario = {
  url: 'ws://chat.example',
  vus: 20,
  durationMs: 30_000,
  rampMs: 5_000,
  rooms: 2,
  rate: 1,
  payloadBytes: 64,
};

/** Half a minute in which 20 users sent a message a second, and ten of each answer came to them. */
export function exampleReport(overrides: Partial<ReportInput> = {}): LoadReport {
  const statistics = new Statistics();
  for (let user = 0; user < 20; user += 1) statistics.opened(3 + user);
  for (let second = 1; second <= 30; second += 1) {
    for (let user = 0; user < 20; user += 1) {
      statistics.sent += 1;
      statistics.received += 10;
      statistics.typeCheck.passes += 10;
      statistics.sendDelay.add(0.2);
      statistics.cameBack(2 + ((user * 7 + second * 3) % 40) / 4);
    }
    statistics.sample(second * 1_000);
  }
  statistics.lost = 3;
  for (let i = 0; i < 4; i += 1) statistics.errors.add('rate_limited');
  statistics.notOpened('HTTP 503');
  for (let user = 0; user < 20; user += 1) statistics.closed(user === 0 ? 4001 : 1000, 30_000, 0);
  return makeReport({
    scenario,
    statistics,
    output: { problem: undefined, isInterrupted: false, elapsedMs: 30_000 },
    thresholds: ['p95<200', 'lost==0'].map(parseThreshold),
    startedAt: new Date(Date.UTC(2026, 0, 1)),
    ...overrides,
  });
}
