"""The eval: Q&A cases, metrics without a judge model, baselines, and the learning of the evidence weights."""
