"""How good are the colours? Metrics, side-by-side runs, and a report with pictures."""
