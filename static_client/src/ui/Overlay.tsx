// Things that come above the page: Dialog (asks one question), Drawer (details beside the content).
// Focus is trapped and returned, Esc closes the topmost.
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
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

export { MenuButton, type MenuChoice } from "./Menu";
