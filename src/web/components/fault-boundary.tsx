/** The boundary of a part of the page: a fault in it ends at it, and says what went wrong and how to go on. */
import type { ReactNode } from 'react';
import { ErrorBoundary, type FallbackProps } from 'react-error-boundary';

interface FaultBoundaryProps {
  /** What is in it, as in `The sequence cannot be shown.` */
  readonly of: string;
  /** When it is another one, the part is tried again by itself. */
  readonly occasion?: string | undefined;
  readonly children: ReactNode;
}

export function FaultBoundary({ of, occasion, children }: FaultBoundaryProps) {
  return (
    <ErrorBoundary resetKeys={[occasion]} fallbackRender={(fault) => drawFault(of, fault)}>
      {children}
    </ErrorBoundary>
  );
}

function drawFault(of: string, { error, resetErrorBoundary }: FallbackProps): ReactNode {
  return (
    <section className="fault" role="alert">
      <p>
        <b>{of} cannot be shown.</b> This is a fault of the page, and not of what it shows.
      </p>
      <button type="button" onClick={resetErrorBoundary}>
        Try again
      </button>
      <details>
        <summary>Details</summary>
        <pre>{wordsOf(error)}</pre>
      </details>
    </section>
  );
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Some browsers have the message in the stack, and some have not.
  const { stack = '' } = error;
  return stack.includes(error.message) ? stack : `${String(error)}\n${stack}`;
}
