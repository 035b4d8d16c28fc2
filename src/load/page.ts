export function pageOf(report: unknown): string {
  return String(report);
}
