export function DeviceCheckPage() {
  return <main className="page" />;
}
