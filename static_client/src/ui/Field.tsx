// Text inputs with label above and help, error or saving state below.
import { CircleAlert, Info, Lock, Search } from "lucide-react";
import {
  type InputHTMLAttributes,
  type ReactNode,
  type Ref,
  type TextareaHTMLAttributes,
  useId,
} from "react";
import "./styles/field.css";

interface Frame {
  label: string;
  /** Stands at the right of the label: a link ("Quên mật khẩu") or "vì sao?". */
  labelAside?: ReactNode;
  help?: ReactNode;
  /** What is wrong and what to do; colours the edge and is announced. */
  error?: string | undefined;
  /** "Đang sửa", "Đã lưu"; announced politely. */
  saving?: string | undefined;
  hideLabel?: boolean;
}

function useFrame({ help, error, saving }: Frame, id: string | undefined) {
  const own = useId();
  const inputId = id ?? own;
  const noteId = `${inputId}-note`;
  return { inputId, noteId, describedBy: help || error || saving ? noteId : undefined };
}

function FieldFrame(
  props: Frame & { inputId: string; noteId: string; className?: string; children: ReactNode },
) {
  const { label, labelAside, help, error, saving, hideLabel, inputId, noteId, className, children } = props;
  return (
    <div className={`field ${className ?? ""}`}>
      <div className={hideLabel ? "visually-hidden" : "field__head"}>
        <label htmlFor={inputId}>{label}</label>
        {labelAside}
      </div>
      {children}
      <div id={noteId} className="field__note">
        {error ? (
          <span className="field__error" role="alert">
            <CircleAlert size={14} aria-hidden="true" /> {error}
          </span>
        ) : (
          help && (
            <span className="field__help">
              <Info size={14} aria-hidden="true" /> {help}
            </span>
          )
        )}
        {saving && (
          <span className="field__saving" role="status">
            {saving}
          </span>
        )}
      </div>
    </div>
  );
}

export interface FieldProps extends Frame, Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "size"> {
  value: string;
  onChange?: (value: string) => void;
  size?: "normal" | "large";
  /** Filled by the machine; cannot be typed into. */
  locked?: boolean;
  after?: ReactNode;
  icon?: "search";
  ref?: Ref<HTMLInputElement>;
}

/** One line of text. What is typed reaches the caller in NFC. */
export function Field(props: FieldProps) {
  const {
    label,
    labelAside,
    help,
    error,
    saving,
    hideLabel,
    onChange,
    size,
    locked,
    after,
    icon,
    ref,
    ...input
  } = props;
  const { inputId, noteId, describedBy } = useFrame(props, input.id);
  return (
    <FieldFrame {...{ label, labelAside, help, error, saving, hideLabel, inputId, noteId }}>
      <div
        className={`field__box field__box--${size ?? "normal"}`}
        data-locked={locked || undefined}
        data-error={!!error || undefined}
      >
        {icon === "search" && <Search size={16} aria-hidden="true" className="field__icon" />}
        <input
          {...input}
          ref={ref}
          id={inputId}
          readOnly={locked || input.readOnly}
          aria-invalid={error ? true : undefined}
          aria-describedby={describedBy}
          onChange={(event) => onChange?.(event.target.value.normalize("NFC"))}
        />
        {after}
        {locked && <Lock size={16} aria-hidden="true" className="field__icon" />}
      </div>
    </FieldFrame>
  );
}

export interface TextAreaProps extends Frame, Omit<TextareaHTMLAttributes<HTMLTextAreaElement>, "onChange"> {
  value: string;
  onChange?: (value: string) => void;
  locked?: boolean;
  ref?: Ref<HTMLTextAreaElement>;
}

/** Several lines of text, NFC. */
export function TextArea(props: TextAreaProps) {
  const { label, labelAside, help, error, saving, hideLabel, onChange, locked, ref, ...input } = props;
  const { inputId, noteId, describedBy } = useFrame(props, input.id);
  return (
    <FieldFrame {...{ label, labelAside, help, error, saving, hideLabel, inputId, noteId }}>
      <div
        className="field__box field__box--area"
        data-locked={locked || undefined}
        data-error={!!error || undefined}
      >
        <textarea
          rows={3}
          {...input}
          ref={ref}
          id={inputId}
          readOnly={locked || input.readOnly}
          aria-invalid={error ? true : undefined}
          aria-describedby={describedBy}
          onChange={(event) => onChange?.(event.target.value.normalize("NFC"))}
        />
      </div>
    </FieldFrame>
  );
}
