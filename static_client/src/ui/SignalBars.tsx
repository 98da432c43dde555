// Four bars of a connection, so many of them full.
interface Props {
  full?: 1 | 2 | 3 | 4;
  size?: number;
}

export function SignalBars({ full = 1, size = 18 }: Props) {
  return (
    <svg width={size} height={size} viewBox="0 0 18 18" aria-hidden="true" fill="currentColor">
      {[1, 2, 3, 4].map((bar) => (
        <rect
          key={bar}
          x={1 + (bar - 1) * 4.3}
          y={15 - bar * 3.3}
          width="3"
          height={bar * 3.3}
          rx="1"
          opacity={bar <= full ? 1 : 0.3}
        />
      ))}
    </svg>
  );
}
