// The bar over every page outside the classroom: mark, school, sections, help, language, person.
import { CalendarDays, ChevronDown, LogOut, type LucideIcon, Moon, Sun, SunMoon } from "lucide-react";
import type { ReactNode } from "react";
import { Avatar } from "./Avatar";
import markUrl from "./mark.svg";
import { MenuButton } from "./Overlay";
import "./styles/layout.css";

interface BrandProps {
  school: string;
}

export function Brand({ school }: BrandProps) {
  return (
    <div className="brand">
      <img src={markUrl} alt="" width={32} height={32} />
      <div>
        <p className="brand__name">Giảng Đường</p>
        <p className="t-small t-2">{school}</p>
      </div>
    </div>
  );
}

interface LanguageSwitchProps {
  locale: "vi" | "en";
  label: string;
  onChange: (locale: "vi" | "en") => void;
}

export function LanguageSwitch({ locale, label, onChange }: LanguageSwitchProps) {
  return (
    <fieldset className="language" aria-label={label}>
      {(["vi", "en"] as const).map((code) => (
        <button
          key={code}
          type="button"
          lang={code}
          aria-pressed={code === locale}
          aria-label={code === "vi" ? "VI – tiếng Việt" : "EN – English"}
          onClick={() => onChange(code)}
        >
          {code.toUpperCase()}
        </button>
      ))}
    </fieldset>
  );
}

export type Theme = "system" | "light" | "dark";

interface PersonMenuProps {
  id: string;
  name: string;
  detail: string;
  words: { menu: string; themes: Record<Theme, string>; signOut: string };
  /** Sections of the site, for windows whose bar has no room for them. */
  links?: readonly { to: string; label: string }[];
  onLink?: (to: string) => void;
  theme: Theme;
  onTheme: (theme: Theme) => void;
  onSignOut: () => void;
}

const themeIcons: Record<Theme, LucideIcon> = { system: SunMoon, light: Sun, dark: Moon };

export function PersonMenu(props: PersonMenuProps) {
  const { id, name, detail, words, links = [], onLink, theme, onTheme, onSignOut } = props;
  const themes = (["system", "light", "dark"] as const).map((value) => ({
    id: value,
    label: words.themes[value],
    icon: themeIcons[value],
    checked: value === theme,
  }));
  return (
    <MenuButton
      label={`${words.menu}: ${name}`}
      namedByContent
      className="person-menu"
      choices={[
        ...links.map(({ to, label }) => ({ id: to, label, icon: CalendarDays })),
        ...themes,
        { id: "sign-out", label: words.signOut, icon: LogOut },
      ]}
      onChoose={(choice) => {
        if (choice === "sign-out") onSignOut();
        else if (choice.startsWith("/")) onLink?.(choice);
        else onTheme(choice as Theme);
      }}
    >
      <Avatar id={id} name={name} />
      <span className="person-menu__words">
        <span className="person-menu__name">{name}</span>
        <span className="t-small t-2">{detail}</span>
      </span>
      <ChevronDown size={16} aria-hidden="true" />
    </MenuButton>
  );
}

interface TopBarProps {
  school: string;
  /** Links to the sections; the current one carries aria-current="page". */
  sections?: ReactNode;
  sectionsLabel?: string;
  /** Right side, in order: help, language, person. */
  children: ReactNode;
}

export function TopBar({ school, sections, sectionsLabel, children }: TopBarProps) {
  return (
    <header className="top-bar">
      <Brand school={school} />
      {sections && (
        <nav className="top-bar__sections" aria-label={sectionsLabel}>
          {sections}
        </nav>
      )}
      <div className="top-bar__aside">{children}</div>
    </header>
  );
}
