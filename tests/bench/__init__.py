"""What asynctesting costs: a benchmark against what people use today. Run it as ``python -m tests.bench``."""
