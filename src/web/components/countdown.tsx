/** The seconds until a point in time, counted down. */
import { useEffect, useState } from 'react';

const tickMs = 250;

export function Countdown({ to }: { readonly to: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const ticking = setInterval(() => setNow(Date.now()), tickMs);
    return () => clearInterval(ticking);
  }, []);
  const seconds = Math.max(0, Math.ceil((to - now) / 1_000));
  return <span className="countdown"> Next try in {seconds}&nbsp;s.</span>;
}
