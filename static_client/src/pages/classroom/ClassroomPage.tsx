export function ClassroomPage() {
  return <main className="page" />;
}
