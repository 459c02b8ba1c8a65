"""How fast it is: benchmarks that `rasid bench` runs, on generated data, the same on every machine."""
