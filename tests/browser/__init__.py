"""Every screen in a real Chromium: accessible, complete in both languages, and nothing asked of an outside host."""
