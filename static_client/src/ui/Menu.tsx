// A button that opens a list of acts or choices. The list lies above the page, in full screen too, beside its button and within
// the window's edges.
import { Check, type LucideIcon } from "lucide-react";
import {
  type KeyboardEvent,
  type ReactNode,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { createPortal } from "react-dom";
import { plainOf } from "./names";
import "./styles/overlay.css";

export interface MenuChoice {
  id: string;
  label: string;
  detail?: string;
  icon?: LucideIcon;
  checked?: boolean;
  danger?: boolean;
}

interface MenuButtonProps {
  /** Accessible name of the button and of the list. */
  label: string;
  /** The button's own words are its name; `label` then names the list alone. */
  namedByContent?: boolean;
  className: string;
  children: ReactNode;
  choices: readonly MenuChoice[];
  onChoose: (id: string) => void;
}

const GAP_PX = 6;
const EDGE_PX = 8;

export function MenuButton({
  label,
  namedByContent,
  className,
  children,
  choices,
  onChoose,
}: MenuButtonProps) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const [open, setOpen] = useState<"first" | "last" | null>(null);
  const close = (andFocus: boolean) => {
    setOpen(null);
    if (andFocus) button.current?.focus();
  };
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={namedByContent ? undefined : label}
        aria-haspopup="menu"
        aria-expanded={open !== null}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(open ? null : "first")}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          event.preventDefault();
          setOpen(event.key === "ArrowDown" ? "first" : "last");
        }}
      >
        {children}
      </button>
      {open &&
        createPortal(
          <MenuList
            id={id}
            label={label}
            button={button}
            start={open}
            choices={choices}
            onClose={close}
            onChoose={(choice) => {
              close(true);
              onChoose(choice);
            }}
          />,
          layerOf(button.current),
        )}
    </>
  );
}

/** Above everything: the bar that holds the button lies below banners, and so would its menu. A dialog keeps its own. */
function layerOf(button: HTMLElement | null): Element {
  return button?.closest("[role=dialog]") ?? document.body;
}

interface ListProps {
  id: string;
  label: string;
  button: React.RefObject<HTMLButtonElement | null>;
  start: "first" | "last";
  choices: readonly MenuChoice[];
  onClose: (andFocus: boolean) => void;
  onChoose: (id: string) => void;
}

function MenuList({ id, label, button, start, choices, onClose, onChoose }: ListProps) {
  const list = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;

  useLayoutEffect(() => {
    const node = list.current;
    const anchor = button.current;
    if (!node || !anchor) return;
    place(node, anchor.getBoundingClientRect());
    const items = itemsOf(node);
    (start === "first" ? items[0] : items.at(-1))?.focus();
  }, [button, start]);

  useEffect(() => {
    const outside = (event: Event) => {
      const target = event.target as Node;
      if (!list.current?.contains(target) && !button.current?.contains(target)) close.current(false);
    };
    const gone = () => close.current(false);
    document.addEventListener("pointerdown", outside);
    window.addEventListener("resize", gone);
    return () => {
      document.removeEventListener("pointerdown", outside);
      window.removeEventListener("resize", gone);
    };
  }, [button]);

  const key = (event: KeyboardEvent) => {
    const items = itemsOf(list.current);
    const at = items.indexOf(document.activeElement as HTMLElement);
    const next = nextIndex(event.key, at, choices);
    if (event.key === "Escape" || event.key === "Tab") {
      event.stopPropagation();
      if (event.key === "Escape") event.preventDefault();
      onClose(true);
    } else if (next !== null) {
      event.preventDefault();
      items[next]?.focus();
    }
  };
  return (
    <div ref={list} id={id} className="menu" role="menu" tabIndex={-1} aria-label={label} onKeyDown={key}>
      {choices.map(({ icon: Icon, ...choice }) => (
        // biome-ignore lint/a11y/useAriaPropsSupportedByRole: aria-checked is set only with the role that has it
        <button
          key={choice.id}
          type="button"
          role={choice.checked === undefined ? "menuitem" : "menuitemcheckbox"}
          aria-checked={choice.checked}
          tabIndex={-1}
          className={`menu__item${choice.danger ? " menu__item--danger" : ""}`}
          onClick={() => onChoose(choice.id)}
        >
          {Icon && <Icon size={18} aria-hidden="true" />}
          <span className="menu__words">
            <span>{choice.label}</span>
            {choice.detail && <span className="t-small t-2">{choice.detail}</span>}
          </span>
          {choice.checked && <Check size={18} aria-hidden="true" />}
        </button>
      ))}
    </div>
  );
}

function itemsOf(node: HTMLElement | null): HTMLElement[] {
  return [...(node?.querySelectorAll<HTMLElement>(".menu__item") ?? [])];
}

/** Arrows go round, Home and End jump, a letter goes to the next choice that begins with it, marks ignored. */
export function nextIndex(key: string, at: number, choices: readonly { label: string }[]): number | null {
  const count = choices.length;
  if (key === "ArrowDown") return (at + 1) % count;
  if (key === "ArrowUp") return (at - 1 + count) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if ([...key].length !== 1) return null;
  for (let step = 1; step <= count; step++) {
    const index = (at + step) % count;
    if (plainOf(choices[index]?.label ?? "").startsWith(plainOf(key))) return index;
  }
  return null;
}

/** Below the button, or above when there is more room; never over an edge of the window. */
function place(node: HTMLElement, anchor: DOMRect): void {
  const { offsetWidth: width, offsetHeight: height } = node;
  const below = window.innerHeight - anchor.bottom - GAP_PX - EDGE_PX;
  const above = anchor.top - GAP_PX - EDGE_PX;
  const up = below < height && above > below;
  node.style.maxHeight = `${up ? above : below}px`;
  if (up) node.style.bottom = `${window.innerHeight - anchor.top + GAP_PX}px`;
  else node.style.top = `${anchor.bottom + GAP_PX}px`;
  const wanted = anchor.left + anchor.width / 2 > window.innerWidth / 2 ? anchor.right - width : anchor.left;
  node.style.left = `${Math.max(EDGE_PX, Math.min(wanted, window.innerWidth - width - EDGE_PX))}px`;
}
