"""The relay: peers, tracks, publications, subscriptions, layers. Knows no school."""
