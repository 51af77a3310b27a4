"""Random small cases (machine, layer, mapping): one generator, driven by a seed or by hypothesis."""
