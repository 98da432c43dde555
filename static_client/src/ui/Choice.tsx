// Choosing: Select (the system's own list, best on phones and with a keyboard), Checkbox, and cards of a radio group.
import { Check, ChevronDown, type LucideIcon } from "lucide-react";
import { type ReactNode, type Ref, useId } from "react";
import "./styles/field.css";

export interface Option<T extends string> {
  value: T;
  label: string;
}

interface SelectProps<T extends string> {
  label: string;
  value: T;
  options: readonly Option<T>[];
  onChange: (value: T) => void;
  icon?: LucideIcon;
  hideLabel?: boolean;
  size?: "small" | "normal";
  disabled?: boolean;
}

export function Select<T extends string>(props: SelectProps<T>) {
  const { label, value, options, onChange, icon: Icon, hideLabel, size = "normal", disabled } = props;
  const id = useId();
  return (
    <div className="field">
      <div className={hideLabel ? "visually-hidden" : "field__head"}>
        <label htmlFor={id}>{label}</label>
      </div>
      <div className={`field__box field__box--select field__box--${size}`}>
        {Icon && <Icon size={18} aria-hidden="true" className="field__icon" />}
        <select
          id={id}
          value={value}
          disabled={disabled}
          onChange={(event) => onChange(event.target.value as T)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        <ChevronDown size={18} aria-hidden="true" className="field__chevron" />
      </div>
    </div>
  );
}

interface CheckboxProps {
  checked: boolean;
  onChange: (checked: boolean) => void;
  children: ReactNode;
  error?: string | undefined;
  ref?: Ref<HTMLInputElement>;
  name?: string;
}

export function Checkbox({ checked, onChange, children, error, ref, name }: CheckboxProps) {
  const id = useId();
  return (
    <div className="checkbox-field">
      <label className="checkbox" data-error={!!error || undefined}>
        <input
          ref={ref}
          type="checkbox"
          name={name}
          checked={checked}
          aria-invalid={error ? true : undefined}
          aria-describedby={error ? id : undefined}
          onChange={(event) => onChange(event.target.checked)}
        />
        <span className="checkbox__box" aria-hidden="true">
          <Check size={16} strokeWidth={3} />
        </span>
        <span className="checkbox__label">{children}</span>
      </label>
      {error && (
        <p id={id} className="field__error" role="alert">
          {error}
        </p>
      )}
    </div>
  );
}

interface CardOption<T extends string> extends Option<T> {
  detail: string;
  icon: LucideIcon;
}

interface CardChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly CardOption<T>[];
  onChange: (value: T) => void;
}

/** A radio group of two or three cards, each with icon, name and one line of detail. */
export function CardChoice<T extends string>({ label, value, options, onChange }: CardChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset className="card-choice">
      <legend>{label}</legend>
      {options.map(({ icon: Icon, ...option }) => (
        <label
          key={option.value}
          className="card-choice__card"
          data-selected={option.value === value || undefined}
        >
          <input
            type="radio"
            name={name}
            className="visually-hidden"
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <Icon size={20} aria-hidden="true" />
          <span>
            <span className="card-choice__name">{option.label}</span>
            <span className="card-choice__detail">{option.detail}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
