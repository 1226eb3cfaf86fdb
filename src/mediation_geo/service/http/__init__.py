"""What every request meets whatever it asks: gate, limits, bodies, negotiation, compression, problem documents, counters."""
