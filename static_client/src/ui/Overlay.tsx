// Things that come above the page: Dialog (asks one question), Drawer (details beside the content), MenuButton.
// Focus is trapped and returned, Esc closes the topmost.
import { Check, type LucideIcon, X } from "lucide-react";
import type { ReactNode } from "react";
import {
  Button as AriaButton,
  Dialog as AriaDialog,
  Heading,
  Menu,
  MenuItem,
  MenuTrigger,
  Modal,
  ModalOverlay,
  Popover,
} from "react-aria-components";
import { IconButton } from "./Button";
import "./styles/overlay.css";

interface DialogProps {
  open: boolean;
  onClose: () => void;
  /** The question itself: "Kết thúc buổi học?" */
  title: string;
  children?: ReactNode;
  /** Buttons, right aligned: the safe choice first, then the act. */
  actions: ReactNode;
  /** Esc and a click outside do not close it: a choice is needed. */
  mustChoose?: boolean;
  wide?: boolean;
}

export function Dialog({
  open,
  onClose,
  title,
  children,
  actions,
  mustChoose = false,
  wide = false,
}: DialogProps) {
  return (
    <ModalOverlay
      className="veil"
      isOpen={open}
      isDismissable={!mustChoose}
      isKeyboardDismissDisabled={mustChoose}
      onOpenChange={(next) => !next && onClose()}
    >
      <Modal className={`dialog${wide ? " dialog--wide" : ""}`}>
        <AriaDialog role={mustChoose ? "alertdialog" : "dialog"} className="dialog__body">
          <Heading slot="title" level={2} className="t-heading">
            {title}
          </Heading>
          {children && <div className="dialog__content">{children}</div>}
          <div className="dialog__actions">{actions}</div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

interface DrawerProps {
  open: boolean;
  onClose: () => void;
  title: string;
  closeLabel: string;
  children: ReactNode;
  side?: "right" | "bottom";
}

/** Covers the side of a narrow window. On wide windows a page lays its panel out itself. */
export function Drawer({ open, onClose, title, closeLabel, children, side = "right" }: DrawerProps) {
  return (
    <ModalOverlay className="veil" isOpen={open} isDismissable onOpenChange={(next) => !next && onClose()}>
      <Modal className={`drawer drawer--${side}`}>
        <AriaDialog className="drawer__body" aria-label={title}>
          <header className="drawer__head">
            <Heading slot="title" level={2} className="t-heading-2">
              {title}
            </Heading>
            <IconButton icon={X} label={closeLabel} onClick={onClose} />
          </header>
          <div className="drawer__content">{children}</div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export interface MenuChoice {
  id: string;
  label: string;
  detail?: string;
  icon?: LucideIcon;
  checked?: boolean;
  danger?: boolean;
}

interface MenuButtonProps {
  /** Accessible name of the button when its content is not enough. */
  label: string;
  className: string;
  children: ReactNode;
  choices: readonly MenuChoice[];
  onChoose: (id: string) => void;
  placement?: "top" | "bottom" | "bottom end" | "top end" | "bottom start" | "top start";
}

/** A button that opens a list of acts or choices. */
export function MenuButton({ label, className, children, choices, onChoose, placement }: MenuButtonProps) {
  return (
    <MenuTrigger>
      <AriaButton className={className} aria-label={label}>
        {children}
      </AriaButton>
      <Popover className="menu" placement={placement ?? "bottom end"} offset={6}>
        <Menu className="menu__list" aria-label={label} onAction={(key) => onChoose(String(key))}>
          {choices.map(({ icon: Icon, ...choice }) => (
            <MenuItem
              key={choice.id}
              id={choice.id}
              textValue={choice.label}
              className={`menu__item${choice.danger ? " menu__item--danger" : ""}`}
            >
              {Icon && <Icon size={18} aria-hidden="true" />}
              <span className="menu__words">
                <span>{choice.label}</span>
                {choice.detail && <span className="t-small t-2">{choice.detail}</span>}
              </span>
              {choice.checked && <Check size={18} aria-hidden="true" />}
            </MenuItem>
          ))}
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
