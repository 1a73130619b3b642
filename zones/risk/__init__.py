"""Risk: the chance that a needle meets a structure, the harm, and the verdict."""
