// Short confirmations, lower left: 6 s, errors until they are closed. `useToast()` shows one.
import { Check, CircleAlert, X } from "lucide-react";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { Button, IconButton } from "./Button";
import "./styles/feedback.css";

const LIFE_MS = 6000;

export interface ToastWish {
  tone?: "ok" | "bad";
  text: string;
  /** "Hoàn tác" and the like. */
  action?: { label: string; run: () => void };
}

interface Shown extends ToastWish {
  id: number;
}

const ToastContext = createContext<((wish: ToastWish) => void) | null>(null);

export function ToastProvider({ children, closeLabel }: { children: ReactNode; closeLabel: string }) {
  const [shown, setShown] = useState<readonly Shown[]>([]);
  const nextId = useRef(1);
  const drop = useCallback((id: number) => setShown((list) => list.filter((toast) => toast.id !== id)), []);
  const show = useCallback((wish: ToastWish) => {
    setShown((list) =>
      [...list.filter((toast) => toast.text !== wish.text), { ...wish, id: nextId.current++ }].slice(-3),
    );
  }, []);
  const list = useMemo(
    () =>
      shown.map((toast) => (
        <Toast key={toast.id} toast={toast} onClose={() => drop(toast.id)} closeLabel={closeLabel} />
      )),
    [shown, drop, closeLabel],
  );
  return (
    <ToastContext.Provider value={show}>
      {children}
      <div className="toasts" aria-live="polite">
        {list}
      </div>
    </ToastContext.Provider>
  );
}

function Toast({ toast, onClose, closeLabel }: { toast: Shown; onClose: () => void; closeLabel: string }) {
  const { tone = "ok", text, action } = toast;
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    if (tone === "bad") return;
    const timer = setTimeout(() => close.current(), LIFE_MS);
    return () => clearTimeout(timer);
  }, [tone]);
  const Icon = tone === "bad" ? CircleAlert : Check;
  return (
    <div className={`toast toast--${tone}`} role={tone === "bad" ? "alert" : undefined}>
      <Icon size={18} aria-hidden="true" />
      <span className="toast__words">{text}</span>
      {action && (
        <Button
          kind="text"
          size="small"
          onClick={() => {
            action.run();
            onClose();
          }}
        >
          {action.label}
        </Button>
      )}
      {(tone === "bad" || !action) && (
        <IconButton icon={X} label={closeLabel} size="small" look="stage" onClick={onClose} />
      )}
    </div>
  );
}

export function useToast(): (wish: ToastWish) => void {
  const show = useContext(ToastContext);
  if (!show) throw new Error("useToast outside ToastProvider");
  return show;
}
