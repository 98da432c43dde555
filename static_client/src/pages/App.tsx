// Providers around the pages: words, server state, toasts, routes; and the last resort when a page fails.
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { I18nProvider } from "react-aria-components";
import { BrowserRouter } from "react-router";
import { TextProvider, useText } from "@/locales/text";
import { ToastProvider } from "@/ui/Toast";
import { asProblem } from "@/wire/problem";
import { PageRoutes } from "./routes";
import { CrashGuard } from "./shell/CrashGuard";

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
  const [client] = useState(newQueryClient);
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
