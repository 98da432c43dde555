// A page that throws shows what to do instead of nothing.
import { Component, type ErrorInfo, type ReactNode } from "react";
import { useText } from "@/locales/text";
import { Button } from "@/ui/Button";
import { ErrorState } from "@/ui/Feedback";

interface State {
  error: Error | null;
}

export class CrashGuard extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: Error): State {
    return { error };
  }

  override componentDidCatch(error: Error, info: ErrorInfo) {
    console.error(error, info.componentStack);
  }

  override render() {
    return this.state.error ? <Crashed message={this.state.error.message} /> : this.props.children;
  }
}

function Crashed({ message }: { message: string }) {
  const { t } = useText();
  return (
    <main className="page page--narrow">
      <ErrorState
        title={t("app.crashed")}
        code={message}
        action={<Button onClick={() => location.reload()}>{t("app.reload")}</Button>}
      >
        {t("app.crashed.detail")}
      </ErrorState>
    </main>
  );
}
