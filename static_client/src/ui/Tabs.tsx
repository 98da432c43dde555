// Tabs over a panel: one tab stop, arrow keys between them; only the chosen panel is in the page.
import { type KeyboardEvent, type ReactNode, useId } from "react";
import { Count } from "./Feedback";
import "./styles/layout.css";

export interface TabItem<T extends string> {
  id: T;
  label: string;
  count?: number | undefined;
  /** The count waits for this person. */
  waiting?: boolean;
  content: ReactNode;
}

interface Props<T extends string> {
  label: string;
  items: readonly TabItem<T>[];
  selected: T;
  onSelect: (id: T) => void;
  className?: string;
}

export function Tabs<T extends string>({ label, items, selected, onSelect, className }: Props<T>) {
  const base = useId();
  const at = items.findIndex((item) => item.id === selected);
  const key = (event: KeyboardEvent<HTMLDivElement>) => {
    const last = items.length - 1;
    const steps: Record<string, number> = {
      ArrowRight: at === last ? 0 : at + 1,
      ArrowLeft: at === 0 ? last : at - 1,
      Home: 0,
      End: last,
    };
    const next = items[steps[event.key] ?? -1];
    if (!next) return;
    event.preventDefault();
    onSelect(next.id);
    document.getElementById(`${base}-${next.id}`)?.focus();
  };
  return (
    <div className={`tabs ${className ?? ""}`}>
      <div className="tabs__list" role="tablist" aria-label={label} tabIndex={-1} onKeyDown={key}>
        {items.map((item) => (
          <button
            key={item.id}
            id={`${base}-${item.id}`}
            type="button"
            role="tab"
            className="tabs__tab"
            aria-selected={item.id === selected}
            aria-controls={item.id === selected ? `${base}-panel` : undefined}
            tabIndex={item.id === selected ? 0 : -1}
            onClick={() => onSelect(item.id)}
          >
            {item.label}
            {item.count ? <Count value={item.count} waiting={item.waiting ?? false} /> : null}
          </button>
        ))}
      </div>
      <div
        id={`${base}-panel`}
        className="tabs__panel"
        role="tabpanel"
        aria-labelledby={`${base}-${selected}`}
      >
        {items[at]?.content}
      </div>
    </div>
  );
}
