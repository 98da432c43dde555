export function PrejoinPage() {
  return <main className="page" />;
}
