// What the page tells: Badge, Count, Banner, Skeleton, EmptyState, ErrorState. Every state is text + icon + colour.
import { CircleAlert, type LucideIcon } from "lucide-react";
import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import "./styles/feedback.css";

export type Tone = "ok" | "warn" | "bad" | "accent" | "neutral";

interface BadgeProps {
  tone?: Tone;
  icon?: LucideIcon;
  children: ReactNode;
}

export function Badge({ tone = "neutral", icon: Icon, children }: BadgeProps) {
  return (
    <span className={`badge badge--${tone}`}>
      {Icon && <Icon size={14} aria-hidden="true" />}
      {children}
    </span>
  );
}

interface CountProps {
  value: number;
  /** It waits for this person: accent; otherwise neutral. */
  waiting?: boolean;
  label?: string;
}

export function Count({ value, waiting = false, label }: CountProps) {
  return (
    <span className={`count num${waiting ? " count--waiting" : ""}`}>
      <span aria-hidden={label ? true : undefined}>{value > 99 ? "99+" : value}</span>
      {label && <span className="visually-hidden">{label}</span>}
    </span>
  );
}

interface BannerProps {
  tone: "alarm" | "caution" | "notice";
  icon: ComponentType<{ size?: number; className?: string }>;
  /** What happened and since when. */
  title: ReactNode;
  /** What still works. */
  children?: ReactNode;
  actions?: ReactNode;
  /** Loss of connection and failed recording interrupt a screen reader; a notice waits. */
  urgent?: boolean;
}

export function Banner({
  tone,
  icon: Icon,
  title,
  children,
  actions,
  urgent = tone === "alarm",
}: BannerProps) {
  return (
    <section className={`banner banner--${tone}`} role={urgent ? "alert" : "status"}>
      <span className="banner__icon" aria-hidden="true">
        <Icon size={24} />
      </span>
      <div className="banner__words">
        <p className="t-strong">{title}</p>
        {children && <p className="banner__detail">{children}</p>}
      </div>
      {actions && <div className="banner__actions">{actions}</div>}
    </section>
  );
}

interface SkeletonProps {
  /** Heights of the grey bars, px; their widths vary by themselves. */
  rows?: readonly number[];
  /** Said after 5 s: what is awaited. */
  awaited: string;
}

/** Shape of the content while it loads: shown after 300 ms, explained after 5 s. */
export function Skeleton({ rows = [28, 20, 20], awaited }: SkeletonProps) {
  const [age, setAge] = useState<"new" | "shown" | "long">("new");
  useEffect(() => {
    const show = setTimeout(() => setAge("shown"), 300);
    const explain = setTimeout(() => setAge("long"), 5000);
    return () => {
      clearTimeout(show);
      clearTimeout(explain);
    };
  }, []);
  if (age === "new") return null;
  return (
    <div className="skeleton" aria-busy="true">
      {rows.map((height, index) => (
        <div
          key={index}
          className="skeleton__bar"
          style={{ height, width: `${90 - ((index * 23) % 50)}%` }}
        />
      ))}
      <p className="t-dense t-2" role="status">
        {age === "long" ? awaited : ""}
      </p>
    </div>
  );
}

interface EmptyStateProps {
  icon: LucideIcon;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}

export function EmptyState({ icon: Icon, title, children, action }: EmptyStateProps) {
  return (
    <div className="empty">
      <Icon size={24} aria-hidden="true" />
      <p className="t-strong">{title}</p>
      {children && <p className="t-dense t-2">{children}</p>}
      {action}
    </div>
  );
}

interface ErrorStateProps {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** Small at the end, for the people who help. */
  code?: string | undefined;
}

export function ErrorState({ title, children, action, code }: ErrorStateProps) {
  return (
    <div className="error-state" role="alert">
      <CircleAlert size={24} aria-hidden="true" />
      <p className="t-strong">{title}</p>
      {children && <p className="t-dense">{children}</p>}
      {action}
      {code && <p className="t-small t-2 num">{code}</p>}
    </div>
  );
}
