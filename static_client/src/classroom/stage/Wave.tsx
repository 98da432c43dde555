// The mark of somebody speaking; still, because nothing on the stage moves by itself.
export function Wave({ size = 16 }: { size?: number }) {
  return (
    <svg className="wave" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true">
      <path
        d="M1 7v2M4 5v6M7 2v12M10 5v6M13 3.5v9M15.5 7v2"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
      />
    </svg>
  );
}
