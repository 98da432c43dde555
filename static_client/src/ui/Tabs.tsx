// Tabs over a panel: one tab stop, arrow keys between them.
import type { ReactNode } from "react";
import { Tabs as AriaTabs, Tab, TabList, TabPanel } from "react-aria-components";
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
  return (
    <AriaTabs
      className={`tabs ${className ?? ""}`}
      selectedKey={selected}
      onSelectionChange={(key) => onSelect(String(key) as T)}
    >
      <TabList className="tabs__list" aria-label={label}>
        {items.map((item) => (
          <Tab key={item.id} id={item.id} className="tabs__tab">
            {item.label}
            {item.count ? <Count value={item.count} waiting={item.waiting ?? false} /> : null}
          </Tab>
        ))}
      </TabList>
      {items.map((item) => (
        <TabPanel key={item.id} id={item.id} className="tabs__panel">
          {item.content}
        </TabPanel>
      ))}
    </AriaTabs>
  );
}
