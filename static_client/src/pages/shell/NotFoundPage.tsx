// An address that leads nowhere.
import { Compass } from "lucide-react";
import { Link } from "react-router";
import { useText } from "@/locales/text";
import { buttonClass } from "@/ui/Button";
import { EmptyState } from "@/ui/Feedback";
import { usePageTitle } from "./PageShell";

export function NotFoundPage() {
  const { t } = useText();
  usePageTitle(t("app.notFound"));
  return (
    <main className="page page--narrow">
      <EmptyState
        icon={Compass}
        title={t("app.notFound")}
        action={
          <Link className={buttonClass("primary", "normal")} to="/">
            {t("app.toHome")}
          </Link>
        }
      >
        {t("app.notFound.detail")}
      </EmptyState>
    </main>
  );
}
