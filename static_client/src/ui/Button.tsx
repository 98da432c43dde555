// Buttons. A button that cannot be used keeps its focus, says why in its label and leads to the cause (`onBlocked`).
import type { LucideIcon } from "lucide-react";
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import "./styles/button.css";

export type ButtonKind = "primary" | "secondary" | "text" | "danger" | "danger-outline";
export type ButtonSize = "small" | "normal" | "large" | "entry";

export interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "disabled"> {
  kind?: ButtonKind;
  size?: ButtonSize;
  icon?: LucideIcon;
  iconAfter?: LucideIcon;
  /** Running: keeps its width and its focus, ignores clicks; `busyLabel` replaces the words ("Đang vào"). */
  busy?: boolean;
  busyLabel?: string;
  /** Cannot be used now. The label should say why; pressing calls `onBlocked`, which moves focus to the cause. */
  blocked?: boolean;
  onBlocked?: () => void;
  wide?: boolean;
  ref?: Ref<HTMLButtonElement>;
  children?: ReactNode;
}

export function buttonClass(kind: ButtonKind, size: ButtonSize, wide = false): string {
  return `button button--${kind} button--${size}${wide ? " button--wide" : ""}`;
}

export function Button({
  kind = "secondary",
  size = "normal",
  icon: Icon,
  iconAfter: IconAfter,
  busy = false,
  busyLabel,
  blocked = false,
  onBlocked,
  wide = false,
  className,
  onClick,
  type = "button",
  children,
  ...rest
}: ButtonProps) {
  const px = size === "small" ? 16 : size === "entry" ? 22 : 18;
  return (
    <button
      {...rest}
      type={type}
      className={`${buttonClass(kind, size, wide)} ${className ?? ""}`}
      aria-disabled={blocked || busy || undefined}
      aria-busy={busy || undefined}
      onClick={(event) => {
        if (busy || blocked) {
          event.preventDefault();
          if (blocked) onBlocked?.();
          return;
        }
        onClick?.(event);
      }}
    >
      {busy ? <Spinner /> : Icon ? <Icon size={px} aria-hidden="true" /> : null}
      {children !== undefined && <span>{busy && busyLabel ? busyLabel : children}</span>}
      {IconAfter && !busy ? <IconAfter size={px} aria-hidden="true" /> : null}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children"> {
  icon: LucideIcon;
  /** What the button does, in words: its accessible name and its tooltip. */
  label: string;
  size?: "small" | "normal";
  look?: "plain" | "edge" | "stage";
  ref?: Ref<HTMLButtonElement>;
}

export function IconButton({
  icon: Icon,
  label,
  size = "normal",
  look = "plain",
  className,
  ...rest
}: IconButtonProps) {
  return (
    <button
      type="button"
      title={label}
      aria-label={label}
      {...rest}
      className={`icon-button icon-button--${size} icon-button--${look} ${className ?? ""}`}
    >
      <Icon size={size === "small" ? 16 : 18} aria-hidden="true" />
    </button>
  );
}

/** A turning ring; still (and only a mark) when the person prefers reduced motion. */
export function Spinner({ size = 18 }: { size?: number }) {
  return (
    <svg className="spinner" width={size} height={size} viewBox="0 0 18 18" aria-hidden="true">
      <path d="M9 2a7 7 0 1 1-7 7" fill="none" stroke="currentColor" strokeWidth="2" strokeLinecap="round" />
    </svg>
  );
}
