// Providers around the pages: words, server state, toasts, routes; and the last resort when a page fails.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { I18nProvider } from "react-aria-components";
import { BrowserRouter } from "react-router";
import { TextProvider, useText } from "@/locales/text";
import { ToastProvider } from "@/ui/Toast";
import { api } from "@/wire/api";
import { asProblem } from "@/wire/problem";
import { PageRoutes } from "./routes";
import { CrashGuard } from "./shell/CrashGuard";
import { ME_KEY } from "./shell/session";

const LESSON_PATH = /^\/lessons\/([^/]+)/;
/** Pages that anybody may open ask nothing of the server before they know what is wanted. */
const OPEN_PATH = /^\/(sign-in|device-check|verify)/;

/** Asks for what the address will need while its code is still on the way: each wait saved is a round trip. */
function askAhead(queries: QueryClient, path: string): QueryClient {
  if (OPEN_PATH.test(path)) return queries;
  void queries.prefetchQuery({ queryKey: ME_KEY, queryFn: ({ signal }) => api.me(signal) });
  const lesson = LESSON_PATH.exec(path)?.[1];
  if (lesson && path === `/lessons/${lesson}`)
    void queries.prefetchQuery({
      queryKey: ["lesson", lesson],
      queryFn: ({ signal }) => api.lesson(lesson, signal),
    });
  return queries;
}

function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // A refusal stays a refusal; only what never reached the server is tried again.
        retry: (count, error) => count < 2 && asProblem(error).code === "client.offline",
      },
    },
  });
}

function Words({ children }: { children: ReactNode }) {
  const { locale, t } = useText();
  return (
    <I18nProvider locale={locale === "vi" ? "vi-VN" : "en-GB"}>
      <ToastProvider closeLabel={t("app.close")}>{children}</ToastProvider>
    </I18nProvider>
  );
}

export function App() {
  const [client] = useState(() => askAhead(newQueryClient(), location.pathname));
  return (
    <TextProvider>
      <QueryClientProvider client={client}>
        <Words>
          <CrashGuard>
            <BrowserRouter>
              <PageRoutes />
            </BrowserRouter>
          </CrashGuard>
        </Words>
      </QueryClientProvider>
    </TextProvider>
  );
}
