// The language of the page: which catalogue speaks, how dates and numbers are written. Vietnamese is bundled,
// English is fetched when asked for. The choice is kept on this device.
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { format, type Params } from "./format";
import { type Catalogue, type TextKey, vi } from "./vi";

export type Locale = "vi" | "en";
export type Translate = (key: TextKey, params?: Params) => string;

interface Text {
  locale: Locale;
  t: Translate;
  setLocale: (locale: Locale) => void;
}

const STORE_KEY = "gd.locale";
const TextContext = createContext<Text | null>(null);

function storedLocale(): Locale {
  try {
    return localStorage.getItem(STORE_KEY) === "en" ? "en" : "vi";
  } catch {
    return "vi";
  }
}

async function loadCatalogue(locale: Locale): Promise<Catalogue> {
  return locale === "vi" ? vi : (await import("./en")).en;
}

export function TextProvider({ children }: { children: ReactNode }) {
  const [speaking, setSpeaking] = useState<{ locale: Locale; words: Catalogue }>({ locale: "vi", words: vi });
  const [wanted, setWanted] = useState<Locale>(storedLocale);

  useEffect(() => {
    let current = true;
    void loadCatalogue(wanted).then((words) => {
      if (current) setSpeaking({ locale: wanted, words });
      document.documentElement.lang = wanted;
    });
    return () => {
      current = false;
    };
  }, [wanted]);

  const setLocale = useCallback((locale: Locale) => {
    try {
      localStorage.setItem(STORE_KEY, locale);
    } catch {
      // A browser without storage keeps the choice until the page closes.
    }
    setWanted(locale);
  }, []);

  const text = useMemo<Text>(
    () => ({
      locale: speaking.locale,
      t: (key, params) => format(speaking.words[key], params, speaking.locale),
      setLocale,
    }),
    [speaking, setLocale],
  );
  return <TextContext.Provider value={text}>{children}</TextContext.Provider>;
}

export function useText(): Text {
  const text = useContext(TextContext);
  if (!text) throw new Error("useText outside TextProvider");
  return text;
}
