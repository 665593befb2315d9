"""The guard: what a conversation needs before anything else is talked about. The policy is data, in `data/`."""
