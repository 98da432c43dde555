// The frame of every page outside the classroom: skip link, top bar with sections, language and person, main.
import { type ReactNode, useEffect, useState } from "react";
import { NavLink, useNavigate } from "react-router";
import { useText } from "@/locales/text";
import type { TextKey } from "@/locales/vi";
import { useMedia } from "@/ui/media";
import { LanguageSwitch, PersonMenu, TopBar } from "@/ui/TopBar";
import { chooseTheme, storedTheme } from "@/ui/theme";
import { useMe, useSignOut } from "./session";
import "./shell.css";

interface Props {
  title: string;
  children: ReactNode;
  /** Extra links before the language switch ("Về lịch học"). */
  aside?: ReactNode;
  className?: string;
}

/** Sections by role; a person with several roles sees each section once. */
function useSections(): { to: string; label: string }[] {
  const { t } = useText();
  const me = useMe();
  const roles = new Set([me.main_role, ...me.roles.map((grant) => grant.role)]);
  const sections = [{ to: "/", label: t(roles.has("lecturer") ? "nav.teaching" : "nav.timetable") }];
  if (["class_manager", "training_office", "principal", "administrator"].some((role) => roles.has(role))) {
    sections.push({ to: "/desk", label: t("nav.desk") });
  }
  return sections;
}

export function usePageTitle(title: string) {
  useEffect(() => {
    document.title = `${title} · Giảng Đường`;
  }, [title]);
}

export function PageShell({ title, children, aside, className }: Props) {
  const { t, locale, setLocale } = useText();
  const me = useMe();
  const signOut = useSignOut();
  const sections = useSections();
  const navigate = useNavigate();
  const phone = useMedia("(max-width: 599px)");
  const [theme, setTheme] = useState(storedTheme);
  usePageTitle(title);
  const roleKey = `role.${me.main_role}` as TextKey;
  return (
    <>
      <a className="skip-link" href="#main">
        {t("app.skip")}
      </a>
      <TopBar
        school={me.school_name}
        sectionsLabel={t("app.sections")}
        sections={sections.map((section) => (
          <NavLink key={section.to} to={section.to} end={section.to === "/"}>
            {section.label}
          </NavLink>
        ))}
      >
        {aside}
        <LanguageSwitch locale={locale} label={t("app.language")} onChange={setLocale} />
        <PersonMenu
          id={me.person}
          name={me.name}
          detail={[t(roleKey), me.main_role === "student" ? me.code : ""].filter(Boolean).join(" · ")}
          words={{
            menu: t("app.menu"),
            themes: { system: t("app.theme.system"), light: t("app.theme.light"), dark: t("app.theme.dark") },
            signOut: t("app.signOut"),
          }}
          links={phone ? sections : []}
          onLink={(to) => navigate(to)}
          theme={theme}
          onTheme={(next) => {
            chooseTheme(next);
            setTheme(next);
          }}
          onSignOut={signOut}
        />
      </TopBar>
      <main id="main" tabIndex={-1} className={`page ${className ?? ""}`}>
        {children}
      </main>
    </>
  );
}
